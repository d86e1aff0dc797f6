#include "results/report/plot_data.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "results/report/search_plots.h"

namespace attempt::results {

namespace {

using Json = nlohmann::json;

/// Points of a curve that are kept, of studies up to this many trials and of larger ones.
constexpr std::size_t kManyTrials = 400;
constexpr std::size_t kPoints = kCurvePoints;
constexpr std::size_t kFewPoints = 20;

/// Four significant digits; null where it is not a number.
Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0) return 0;
  const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

/// Every k-th row and the last one.
template <typename T>
Json thinned(const std::vector<T>& values, std::size_t points) {
  Json list = Json::array();
  const std::size_t stride = std::max<std::size_t>(1, (values.size() + points - 1) / points);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % stride != 0 && i + 1 != values.size()) continue;
    if constexpr (std::is_integral_v<T>) {
      list.push_back(values[i]);
    } else {
      list.push_back(rounded(values[i]));
    }
  }
  return list;
}

Json curves(const ScoreGrid& grid) {
  std::size_t trials = 0;
  for (const auto& [place, cell] : grid.cells) trials += cell.scored.size();
  const std::size_t points = trials > kManyTrials ? kFewPoints : kPoints;
  Json list = Json::array();
  for (const auto& [place, cell] : grid.cells) {
    for (std::size_t i = 0; i < cell.scored.size(); ++i) {
      const TrialRecord& record = *cell.scored[i]->record;
      list.push_back({{"row", place.first},
                      {"column", place.second},
                      {"seed", cell.scored[i]->entry.seed},
                      {"score", rounded(cell.scores[i])},
                      {"step", thinned(record.evaluations.step, points)},
                      {"selection", thinned(record.evaluations.selection, points)},
                      {"loss_step", thinned(record.train.step, points)},
                      {"loss", thinned(record.train.loss, points)}});
    }
  }
  return list;
}

Json cost_json(const std::vector<CostPoint>& points) {
  Json list = Json::array();
  for (const CostPoint& point : points) {
    list.push_back({{"label", point.label},
                    {"column", point.column},
                    {"score", rounded(point.score)},
                    {"parameters", point.parameters},
                    {"hours", rounded(point.hours)},
                    {"hours_with_sources", rounded(point.hours_with_sources)}});
  }
  return list;
}

Json attention_json(const std::vector<AttentionRow>& rows) {
  Json list = Json::array();
  for (const AttentionRow& row : rows) {
    Json weights = Json::array();
    for (const double weight : row.weights) weights.push_back(rounded(weight));
    list.push_back({{"label", row.label},
                    {"task", row.task},
                    {"seed", row.seed},
                    {"names", row.names},
                    {"weights", weights}});
  }
  return list;
}

Json similarity_json(const std::vector<PromptSimilarity>& similarities) {
  Json list = Json::array();
  for (const PromptSimilarity& similarity : similarities) {
    list.push_back({{"group", similarity.group},
                    {"sources", similarity.sources},
                    {"targets", similarity.targets},
                    {"cosine", similarity.cosine}});
  }
  return list;
}

}  // namespace

std::string plot_data(const PlotContent& content) {
  Json rows = Json::array();
  for (const ScoreRow& row : content.grid.rows) rows.push_back(row.label);
  Json columns = Json::array();
  for (const ScoreColumn& column : content.grid.columns) columns.push_back(column.name);
  const Json json = {{"rows", rows},
                     {"columns", columns},
                     {"curves", curves(content.grid)},
                     {"cost", cost_json(content.points)},
                     {"attention", attention_json(content.attention)},
                     {"similarity", similarity_json(content.similarity)},
                     {"searches", search_plots(content.searches)}};
  const std::string text =
      json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  // "</script>" or "<!--" in a name would end or change the script element.
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace attempt::results
