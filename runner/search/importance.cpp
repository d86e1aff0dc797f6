#include "runner/search/importance.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runner/search/optuna_sampler.h"
#include "runner/search/sampler_process.h"

namespace attempt::search {

namespace {

using nlohmann::json;

/// Fewer say nothing about several keys.
constexpr std::int64_t kFewestConfigurations = 4;
constexpr double kLimitSeconds = 120;

json space_json(const results::SearchResult& search) {
  json keys = json::array();
  for (const results::SearchKey& key : search.keys) {
    json each = {{"name", key.name}, {"when", json::object()}};
    if (!key.choices.empty()) {
      each["type"] = "categorical";
      each["choices"] = key.choices;
    } else {
      each.update({{"low", key.low}, {"high", key.high}, {"log", key.is_log}, {"step", 0}});
      each["type"] = key.is_integer && !key.is_log ? "int" : "float";
    }
    keys.push_back(std::move(each));
  }
  return keys;
}

json trials_json(const results::SearchResult& search) {
  json trials = json::array();
  for (const results::SearchedConfiguration& each : search.configurations) {
    if (each.status != results::SearchedStatus::kComplete) continue;
    json values = json::object();
    for (std::size_t i = 0; i < search.keys.size(); ++i) {
      if (!each.values[i]) continue;
      const results::SearchKey& key = search.keys[i];
      const double value = *each.values[i];
      if (!key.choices.empty()) {
        values[key.name] = key.choices.at(static_cast<std::size_t>(value));
      } else if (key.is_integer) {
        values[key.name] = static_cast<std::int64_t>(value);
      } else {
        values[key.name] = value;
      }
    }
    trials.push_back({{"number", trials.size()},
                      {"state", "complete"},
                      {"score", each.mean},
                      {"values", std::move(values)}});
  }
  return trials;
}

bool has_enough(const results::SearchResult& search) {
  return std::count_if(search.configurations.begin(), search.configurations.end(),
                       [](const results::SearchedConfiguration& each) {
                         return each.status == results::SearchedStatus::kComplete;
                       }) >= kFewestConfigurations;
}

results::OptunaImportance importance_of(const results::SearchResult& search, const json& answer) {
  results::OptunaImportance importance{.method = answer.at("method"), .shares = {}};
  const json& shares = answer.at("shares");
  for (const results::SearchKey& key : search.keys) {
    const auto found = shares.find(key.name);
    importance.shares.push_back(
        found == shares.end() ? std::nullopt : std::optional<double>(found->get<double>()));
  }
  return importance;
}

}  // namespace

std::string add_optuna_importance(const std::string& python,
                                  std::vector<results::SearchResult>& searches) {
  json spaces = json::object();
  for (std::size_t i = 0; i < searches.size(); ++i) {
    if (has_enough(searches[i])) spaces[std::to_string(i)] = space_json(searches[i]);
  }
  if (spaces.empty()) return "";
  try {
    SamplerProcess process({python, "-c", kOptunaSampler, "RandomSampler"}, "/dev/null",
                           kLimitSeconds);
    process.ask({{"type", "start"}, {"seed", 0}, {"searches", spaces}}, "started");
    for (const auto& [name, space] : spaces.items()) {
      results::SearchResult& search = searches[std::stoul(name)];
      search.optuna = importance_of(
          search,
          process.ask({{"type", "importance"}, {"search", name}, {"trials", trials_json(search)}},
                      "importance"));
    }
  } catch (const SamplerError& error) {
    return error.problem();
  } catch (const json::exception& error) {
    return std::string("its answer cannot be read: ") + error.what();
  }
  return "";
}

}  // namespace attempt::search
