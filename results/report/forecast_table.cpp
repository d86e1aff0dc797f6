#include "results/report/forecast_table.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace attempt::results {

namespace {

using nlohmann::json;

constexpr double kSecondsPerHour = 3600;

/// null where the study has none.
json grade_of(const StudyContent& study) {
  std::ifstream in(study.folder.root() / "run" / "forecast.json");
  const json document = json::parse(in, nullptr, /*allow_exceptions=*/false);
  return document.is_object() ? document.value("grade", json()) : json();
}

std::vector<TableField> line_of(const StudyContent& study, const json& grade) {
  const auto number = [&](const char* name) { return grade.at(name).get<double>(); };
  return {{study.name},
          {fmt::format("{:.0f}", number("trials"))},
          {fmt::format("{:.0f}", number("measured"))},
          {fmt::format("{:.3f}", number("predicted_seconds") / kSecondsPerHour)},
          {fmt::format("{:.3f}", number("actual_seconds") / kSecondsPerHour)},
          {fmt::format("{:+.0f} %", 100 * number("study_error"))},
          {fmt::format("{:.0f} %", 100 * number("median_error"))},
          {fmt::format("{:.0f} %", 100 * number("inside_interval"))}};
}

}  // namespace

TextTable forecast_table(const std::vector<StudyContent>& studies) {
  TextTable table{.id = "forecast",
                  .title = "Forecast and what became of it",
                  .columns = {"study", "trials", "of measured kinds", "hours forecast", "hours",
                              "error", "error of a trial (median)", "within 90 % interval"}};
  for (const StudyContent& study : studies) {
    try {
      if (const json grade = grade_of(study); grade.is_object()) {
        table.lines.push_back(line_of(study, grade));
      }
    } catch (const json::exception&) {
      continue;  // of another version: no result hangs on it
    }
  }
  if (table.lines.empty()) return table;
  table.notes.push_back(
      "Hours on one device, of the finished trials alone; the forecast was made before anything of "
      "a trial ran. Trials that a pruner stopped are left out.");
  return table;
}

}  // namespace attempt::results
