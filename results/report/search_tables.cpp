#include "results/report/search_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/statistics/seed_summary.h"

namespace attempt::results {

namespace {

std::vector<const SearchedConfiguration*> complete(const SearchResult& search) {
  std::vector<const SearchedConfiguration*> list;
  for (const SearchedConfiguration& each : search.configurations) {
    if (each.status == SearchedStatus::kComplete) list.push_back(&each);
  }
  return list;
}

/// "81.2 ± 0.4 (2)"
std::string scores_text(const std::vector<double>& scores) {
  if (scores.empty()) return "";
  const SeedSummary summary = summarize_seeds(scores);
  return summary.n > 1 ? fmt::format("{:.1f} ± {:.1f} ({})", summary.mean, summary.std, summary.n)
                       : fmt::format("{:.1f} (1)", summary.mean);
}

/// Standard deviation over the seeds of a configuration, pooled over configurations.
std::optional<double> seed_spread(const SearchResult& search) {
  double squares = 0;
  double degrees = 0;
  for (const SearchedConfiguration* each : complete(search)) {
    if (each->scores.size() < 2) continue;
    const SeedSummary summary = summarize_seeds(each->scores);
    const auto own = static_cast<double>(summary.n - 1);
    squares += own * summary.std * summary.std;
    degrees += own;
  }
  if (degrees == 0) return std::nullopt;
  return std::sqrt(squares / degrees);
}

std::optional<double> spread_of_means(const SearchResult& search) {
  std::vector<double> means;
  for (const SearchedConfiguration* each : complete(search)) means.push_back(each->mean);
  if (means.size() < 2) return std::nullopt;
  return summarize_seeds(means).std;
}

std::string spread_text(const std::optional<double>& spread) {
  return spread ? fmt::format("{:.2f}", *spread) : "";
}

std::string progress_text(const SearchResult& search) {
  const auto failed = std::count_if(
      search.configurations.begin(), search.configurations.end(),
      [](const SearchedConfiguration& each) { return each.status == SearchedStatus::kFailed; });
  return fmt::format("{} of {}{}", complete(search).size(), search.wanted,
                     failed > 0 ? fmt::format(", {} failed", failed) : "");
}

std::string values_text(const SearchResult& search, const SearchedConfiguration& configuration) {
  std::string text;
  for (std::size_t i = 0; i < search.keys.size(); ++i) {
    if (!configuration.values[i]) continue;
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", search.keys[i].name,
                        value_text(search.keys[i], configuration.values[i]));
  }
  return text;
}

std::string status_text(const SearchResult& search, std::size_t number) {
  if (static_cast<std::int64_t>(number) == search.chosen) return "chosen";
  switch (search.configurations[number].status) {
    case SearchedStatus::kOpen:
      return "not finished";
    case SearchedStatus::kComplete:
      return "complete";
    case SearchedStatus::kFailed:
      return "failed";
  }
  return "";
}

/// The keys of all searches, each once.
std::vector<std::string> all_keys(const std::vector<SearchResult>& searches) {
  std::vector<std::string> names;
  for (const SearchResult& search : searches) {
    for (const SearchKey& key : search.keys) {
      if (std::find(names.begin(), names.end(), key.name) == names.end()) names.push_back(key.name);
    }
  }
  return names;
}

}  // namespace

std::string value_text(const SearchKey& key, const std::optional<double>& value) {
  if (!value) return "";
  if (!key.choices.empty()) return key.choices.at(static_cast<std::size_t>(*value));
  return key.is_integer ? fmt::format("{:.0f}", *value) : fmt::format("{:.4g}", *value);
}

RankCorrelation key_correlation(const SearchResult& search, std::size_t key) {
  std::vector<double> values;
  std::vector<double> scores;
  for (const SearchedConfiguration* each : complete(search)) {
    if (!each->values[key]) continue;
    values.push_back(*each->values[key]);
    scores.push_back(each->mean);
  }
  return search.keys[key].choices.empty() ? spearman(values, scores)
                                          : rank_correlation_ratio(values, scores);
}

TextTable search_table(const std::vector<SearchResult>& searches) {
  TextTable table{"searches",
                  "Searches",
                  {"search", "sampler", "pruner", "configurations", "chosen", "its score",
                   "on fresh seeds", "std between configurations", "std over seeds", "its values"},
                  {},
                  {}};
  for (const SearchResult& search : searches) {
    std::vector<TableField> line = {
        {search.label}, {search.sampler}, {search.pruner}, {progress_text(search)}};
    const SearchedConfiguration* chosen =
        search.chosen < 0 ? nullptr
                          : &search.configurations.at(static_cast<std::size_t>(search.chosen));
    line.push_back({chosen == nullptr ? "not known yet" : std::to_string(search.chosen)});
    line.push_back({chosen == nullptr ? "" : scores_text(chosen->scores)});
    line.push_back({scores_text(search.fresh_scores)});
    line.push_back({spread_text(spread_of_means(search))});
    line.push_back({spread_text(seed_spread(search))});
    line.push_back({chosen == nullptr ? "" : values_text(search, *chosen)});
    table.lines.push_back(std::move(line));
  }
  table.notes = {
      "Scores: the best validation score of a trial, percent; mean ± standard deviation over seeds "
      "(their number). The best of many is partly luck: \"on fresh seeds\" is the same "
      "configuration trained anew with seeds that took no part.",
      "Where the standard deviation between configurations is no larger than over the seeds of "
      "one, pooled, the search has mostly ordered noise."};
  return table;
}

TextTable configuration_table(const std::vector<SearchResult>& searches) {
  TextTable table{"configurations", "Configurations", {"search", "number"}, {}, {}};
  const std::vector<std::string> names = all_keys(searches);
  table.columns.insert(table.columns.end(), names.begin(), names.end());
  for (const char* column : {"score", "std", "seeds", "best so far", "status"}) {
    table.columns.emplace_back(column);
  }
  for (const SearchResult& search : searches) {
    std::optional<double> best;
    for (std::size_t number = 0; number < search.configurations.size(); ++number) {
      const SearchedConfiguration& each = search.configurations[number];
      const bool is_complete = each.status == SearchedStatus::kComplete;
      if (is_complete) best = std::max(best.value_or(each.mean), each.mean);
      std::vector<TableField> line = {
          {search.label},
          {std::to_string(number), static_cast<std::int64_t>(number) == search.chosen,
           each.trial_ids.empty() ? "" : each.trial_ids.front()}};
      for (const std::string& name : names) {
        std::string text;
        for (std::size_t i = 0; i < search.keys.size(); ++i) {
          if (search.keys[i].name == name) text = value_text(search.keys[i], each.values[i]);
        }
        line.push_back({text});
      }
      const bool has_spread = is_complete && each.scores.size() > 1;
      line.push_back({is_complete ? fmt::format("{:.2f}", each.mean) : ""});
      line.push_back({has_spread ? fmt::format("{:.2f}", summarize_seeds(each.scores).std) : ""});
      line.push_back({std::to_string(each.scores.size())});
      line.push_back({best ? fmt::format("{:.2f}", *best) : ""});
      line.push_back({status_text(search, number)});
      table.lines.push_back(std::move(line));
    }
  }
  return table;
}

TextTable importance_table(const std::vector<SearchResult>& searches) {
  TextTable table{"importance",
                  "Importance of hyperparameters",
                  {"search", "key", "configurations", "rank correlation", "p"},
                  {},
                  {}};
  std::string method;
  for (const SearchResult& search : searches) {
    if (search.optuna) method = search.optuna->method;
  }
  if (!method.empty()) table.columns.push_back(method);
  for (const SearchResult& search : searches) {
    for (std::size_t key = 0; key < search.keys.size(); ++key) {
      const RankCorrelation correlation = key_correlation(search, key);
      const bool is_number = search.keys[key].choices.empty();
      std::vector<TableField> line = {{search.label},
                                      {search.keys[key].name},
                                      {std::to_string(correlation.n)},
                                      {is_number ? fmt::format("{:+.2f}", correlation.value)
                                                 : fmt::format("{:.2f}", correlation.value)},
                                      {fmt::format("{:.2g}", correlation.p)}};
      if (correlation.n < 3) line[3] = line[4] = {"too few"};
      if (!method.empty()) {
        const auto share = search.optuna ? search.optuna->shares[key] : std::nullopt;
        line.push_back({share ? fmt::format("{:.2f}", *share) : "left out"});
      }
      table.lines.push_back(std::move(line));
    }
  }
  table.notes = {
      "Rank correlation with the validation score over the complete configurations that set the "
      "key: Spearman's of a number (+: more is better), of choices the correlation ratio of ranks "
      "(no sign). p: of no connection, for each key by itself, as if configurations were drawn "
      "independently."};
  if (method.empty()) {
    table.notes.emplace_back(
        "Optuna's importance is not here: no Python with Optuna was found (`attempt report "
        "--optuna PYTHON`), or too few configurations are complete.");
  } else {
    table.notes.push_back(
        method +
        ": shares of 1 of a search. Some of Optuna's leave out keys that not every configuration "
        "sets.");
  }
  return table;
}

}  // namespace attempt::results
