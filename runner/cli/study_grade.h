#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "runner/cli/study_view.h"
#include "runner/sweep/forecast.h"
#include "runner/sweep/plan.h"

namespace attempt::cli {

/// What was forecast of a trial before anything of it ran.
struct TrialForecast {
  double seconds = 0;
  double spread = 0;  ///< standard deviation of its logarithm
  bool is_measured = false;

  sweep::Interval interval() const { return sweep::interval_of(seconds, spread); }
};

/// How a study's forecast came out, over its finished trials.
struct ForecastGrade {
  std::int64_t trials = 0;
  std::int64_t measured = 0;     ///< of them, of kinds that had been measured
  double median_error = 0;       ///< of a trial's time, as a share of what it took
  double predicted_seconds = 0;  ///< all of them
  double actual_seconds = 0;
  double share_inside = 0;  ///< of the trials, within their 90 % interval

  double study_error() const;
};

/// run/forecast.json
std::filesystem::path forecast_file(const results::StudyFolder& folder);

/// Adds the forecasts of trials that the file does not have yet; those it has stay what they were.
void keep_forecast(const results::StudyFolder& folder, const sweep::Plan& plan);

/// By trial id; empty where the study has no forecast. A damaged file counts as none: it is no
/// result.
std::map<std::string, TrialForecast> read_forecast(const results::StudyFolder& folder);

/// Of the trials that have finished; `trials` is 0 where none can be graded. Trials that were
/// stopped early are left out: what they would have taken is not known.
ForecastGrade grade_forecast(const StudyView& study);

nlohmann::json grade_json(const ForecastGrade& grade);
/// One line; "" where nothing can be graded.
std::string grade_text(const ForecastGrade& grade);

/// Puts the grade into run/forecast.json, for the report. @return the grade
ForecastGrade keep_grade(const StudyView& study);

/// What the finished trials of `plan` measured goes where the next plan looks for it.
void keep_speeds(const StudyView& study, const sweep::Plan& plan);

}  // namespace attempt::cli
