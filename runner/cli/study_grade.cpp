#include "runner/cli/study_grade.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "results/publish.h"
#include "results/store_error.h"
#include "results/trial_file.h"
#include "runner/sweep/cost.h"
#include "runner/sweep/search_output.h"
#include "runner/sweep/speeds.h"

namespace attempt::cli {

namespace {

using nlohmann::json;

constexpr std::size_t kTrialsPerKind = 3;  // that speeds are taken from
constexpr std::size_t kFilesPerKind = 20;  // read at most: where patience ends all, none is whole
// Standard deviations of the logarithm of a trial's time.
constexpr double kSeenSpread = 0.06;    // from day to day
constexpr double kUnknownSpread = 0.1;  // between trials, where each kind ran once

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

json read_file(const results::StudyFolder& folder) {
  std::ifstream in(forecast_file(folder));
  json document = json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.value("trials", json()).is_object()) {
    document = {{"trials", json::object()}};
  }
  return document;
}

void write_file(const results::StudyFolder& folder, const json& document) {
  results::write_file_atomically(forecast_file(folder), document.dump() + "\n");
}

/// Trials that ran whole: neither stopped by a pruner nor by patience.
bool is_whole(const results::TrialRecord& record, const sweep::TrialSpec& spec) {
  return static_cast<std::int64_t>(record.train.step.size()) == spec.train.total_steps;
}

/// Mean speed of whole trials of one kind.
class SpeedMean {
 public:
  void add(const results::TrialRecord& record, const sweep::PlannedTrial& trial, double seconds) {
    const results::Cost& cost = record.cost;
    const auto steps = static_cast<double>(trial.spec.train.total_steps);
    const double rows = sweep::evaluated_rows(trial.spec);
    sum_.device = cost.device;
    sum_.setup_seconds += std::max(0.0, seconds - cost.train_seconds - cost.evaluation_seconds);
    if (steps > 0) sum_.step_seconds += cost.train_seconds / steps;
    if (rows > 0) sum_.row_seconds += cost.evaluation_seconds / rows;
    sum_.memory_bytes = std::max(sum_.memory_bytes, cost.peak_memory_bytes);
    sum_.slowness += seconds / trial.assumed_seconds;
    logarithms_.push_back(std::log(seconds / trial.assumed_seconds));
    ++count_;
  }
  /// Adds how far the trials lie apart. @return degrees of freedom
  double add_squares(double& squares) const {
    const auto n = static_cast<double>(logarithms_.size());
    const double mean = std::accumulate(logarithms_.begin(), logarithms_.end(), 0.0) / n;
    for (const double value : logarithms_) squares += (value - mean) * (value - mean);
    return n - 1;
  }
  bool has_enough() const { return count_ >= kTrialsPerKind || files_ >= kFilesPerKind; }
  void count_file() { ++files_; }
  bool is_empty() const { return count_ == 0; }
  sweep::Speed mean() const {
    const auto n = static_cast<double>(count_);
    sweep::Speed speed = sum_;
    for (double* value :
         {&speed.setup_seconds, &speed.step_seconds, &speed.row_seconds, &speed.slowness}) {
      *value /= n;
    }
    return speed;
  }

 private:
  sweep::Speed sum_;
  std::vector<double> logarithms_;  ///< of slowness
  std::size_t count_ = 0;
  std::size_t files_ = 0;  ///< read, of whole trials or not
};

}  // namespace

double ForecastGrade::study_error() const {
  return actual_seconds > 0 ? predicted_seconds / actual_seconds - 1 : 0;
}

std::filesystem::path forecast_file(const results::StudyFolder& folder) {
  return folder.root() / "run" / "forecast.json";
}

void keep_forecast(const results::StudyFolder& folder, const sweep::Plan& plan) {
  json document = read_file(folder);
  json& trials = document["trials"];
  for (const sweep::PlannedTrial& trial : plan.trials) {
    json& entry = trials[trial.spec.trial_id];
    if (entry.is_null()) {
      entry = {trial.estimated_seconds, trial.spread, trial.is_measured};
    }
  }
  write_file(folder, document);
}

std::map<std::string, TrialForecast> read_forecast(const results::StudyFolder& folder) {
  std::map<std::string, TrialForecast> forecasts;
  const json document = read_file(folder);
  for (const auto& [id, entry] : document.at("trials").items()) {
    const bool is_sound = entry.is_array() && entry.size() == 3 && entry[0].is_number() &&
                          entry[1].is_number() && entry[2].is_boolean();
    if (is_sound) forecasts[id] = {entry[0], entry[1], entry[2]};
  }
  return forecasts;
}

ForecastGrade grade_forecast(const StudyView& study) {
  ForecastGrade grade;
  if (study.seconds.empty()) return grade;
  const std::map<std::string, TrialForecast> forecasts = read_forecast(study.folder);
  std::vector<double> errors;
  double inside = 0;
  for (const StudyTrial& trial : study.trials) {
    const auto forecast = forecasts.find(trial.trial_id);
    const auto actual = study.seconds.find(trial.trial_id);
    const bool is_known = forecast != forecasts.end() && actual != study.seconds.end() &&
                          actual->second > 0 && !study.finished_early.contains(trial.trial_id) &&
                          study.status(trial.trial_id) == results::TrialStatus::kSucceeded;
    if (!is_known) continue;
    const sweep::Interval interval = forecast->second.interval();
    const double seconds = actual->second;
    errors.push_back(std::abs(interval.middle / seconds - 1));
    inside += interval.low <= seconds && seconds <= interval.high;
    grade.measured += forecast->second.is_measured;
    grade.predicted_seconds += interval.middle;
    grade.actual_seconds += seconds;
  }
  grade.trials = static_cast<std::int64_t>(errors.size());
  if (grade.trials == 0) return grade;
  grade.median_error = median(errors);
  grade.share_inside = inside / static_cast<double>(grade.trials);
  return grade;
}

nlohmann::json grade_json(const ForecastGrade& grade) {
  return {{"trials", grade.trials},
          {"measured", grade.measured},
          {"median_error", grade.median_error},
          {"predicted_seconds", grade.predicted_seconds},
          {"actual_seconds", grade.actual_seconds},
          {"study_error", grade.study_error()},
          {"inside_interval", grade.share_inside}};
}

std::string grade_text(const ForecastGrade& grade) {
  if (grade.trials == 0) return "";
  return fmt::format(
      "Forecast of {} finished trials ({} of measured kinds): {} for {}, {:+.0f} %; a trial by "
      "{:.0f} % (median); {:.0f} % within their 90 % interval.\n",
      grade.trials, grade.measured, sweep::duration(grade.predicted_seconds),
      sweep::duration(grade.actual_seconds), 100 * grade.study_error(), 100 * grade.median_error,
      100 * grade.share_inside);
}

ForecastGrade keep_grade(const StudyView& study) {
  ForecastGrade grade = grade_forecast(study);
  if (grade.trials == 0) return grade;
  json document = read_file(study.folder);
  document["grade"] = grade_json(grade);
  write_file(study.folder, document);
  return grade;
}

void keep_speeds(const StudyView& study, const sweep::Plan& plan) {
  std::map<std::string, SpeedMean> kinds;
  for (const sweep::PlannedTrial& trial : plan.trials) {
    const std::string& id = trial.spec.trial_id;
    SpeedMean& mean = kinds[trial.kind];
    const auto seconds = study.seconds.find(id);
    const bool is_usable = !mean.has_enough() && seconds != study.seconds.end() &&
                           trial.assumed_seconds > 0 &&
                           study.status(id) == results::TrialStatus::kSucceeded;
    if (!is_usable) continue;
    mean.count_file();
    try {
      const auto record = results::read_trial_histories(study.folder.trial(id));
      if (record.cost.attempts == 1 && is_whole(record, trial.spec)) {
        mean.add(record, trial, seconds->second);
      }
    } catch (const results::StoreError&) {
      continue;  // `verify` tells of it
    }
  }
  double squares = 0;
  double degrees = 0;
  for (const auto& [kind, mean] : kinds) {
    if (!mean.is_empty()) degrees += mean.add_squares(squares);
  }
  const double spread =
      std::hypot(kSeenSpread, degrees > 0 ? std::sqrt(squares / degrees) : kUnknownSpread);
  sweep::SpeedTable table;
  for (const auto& [kind, mean] : kinds) {
    if (mean.is_empty()) continue;
    sweep::Speed speed = mean.mean();
    speed.spread = spread;
    table.put(kind, speed);
  }
  table.add_to(sweep::speed_file());
}

}  // namespace attempt::cli
