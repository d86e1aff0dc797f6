#include "runner/sweep/forecast.h"

#include <gtest/gtest.h>

#include <cmath>

namespace attempt::sweep {
namespace {

PlannedTrial trial(const std::string& kind, double seconds, double spread, bool is_measured) {
  PlannedTrial planned;
  planned.kind = kind;
  planned.estimated_seconds = seconds;
  planned.spread = spread;
  planned.is_measured = is_measured;
  return planned;
}

TEST(ForecastTest, AnIntervalHoldsNinetyPercentOfALogNormalError) {
  const Interval interval = interval_of(100, 0.1);
  EXPECT_DOUBLE_EQ(interval.middle, 100);
  // exp(0.1 z) at z = 1.645, the normal distribution's quantile at 0.95.
  EXPECT_NEAR(interval.high, 117.88, 0.01);
  EXPECT_NEAR(interval.low * interval.high, 100 * 100, 1e-6);
}

TEST(ForecastTest, ErrorsOfManyKindsAverageOutThoseOfOneDoNot) {
  Plan alike;
  Plan different;
  for (int i = 0; i < 100; ++i) {
    alike.trials.push_back(trial("one", 10, 0.3, true));
    different.trials.push_back(trial(std::to_string(i), 10, 0.3, true));
  }
  const WorkForecast wide = forecast_work(alike);
  const WorkForecast narrow = forecast_work(different);
  EXPECT_DOUBLE_EQ(wide.seconds.middle, 1000);
  EXPECT_DOUBLE_EQ(narrow.seconds.middle, 1000);
  EXPECT_NEAR(wide.kind_variance, 0.09, 1e-12);
  EXPECT_NEAR(narrow.kind_variance, 0.0009, 1e-12);
  EXPECT_GT(wide.seconds.high, narrow.seconds.high);
  EXPECT_EQ(narrow.measured, 100);
}

TEST(ForecastTest, WhatNobodyMeasuredIsMisjudgedAlike) {
  Plan plan;
  for (int i = 0; i < 100; ++i) plan.trials.push_back(trial(std::to_string(i), 10, 1.6, false));
  EXPECT_NEAR(forecast_work(plan).kind_variance, 1.6 * 1.6, 1e-9);
  EXPECT_EQ(forecast_work(plan).measured, 0);
}

TEST(ForecastTest, WhatASearchHasYetToAddCounts) {
  Plan plan;
  plan.trials.push_back(trial("a", 10, 0.1, true));
  plan.searches.push_back({});
  plan.searches.back().later_seconds = 90;
  EXPECT_DOUBLE_EQ(forecast_work(plan).seconds.middle, 100);
}

TEST(ForecastTest, MoreDevicesMakeTheEndLessCertainUpToThatOfATrial) {
  Plan plan;
  for (int i = 0; i < 100; ++i) plan.trials.push_back(trial(std::to_string(i), 10, 0.3, true));
  const WorkForecast work = forecast_work(plan);
  EXPECT_LT(work.wall(1000, 1).high, work.wall(1000, 10).high);
  EXPECT_NEAR(work.wall(1000, 1000).high, interval_of(1000, std::hypot(0.3, kStudySpread)).high,
              1e-6);
}

TEST(ForecastTest, MethodsHaveTheirOwnHoursAndExamples) {
  Plan plan;
  for (int i = 0; i < 2; ++i) plan.trials.push_back(trial("a", 1800, 0.1, true));
  plan.trials.push_back(trial("b", 7200, 0.3, false));
  plan.trials.push_back(trial("b", 7200, 0.3, false));
  for (PlannedTrial& planned : plan.trials) {
    planned.spec.phase = "target";
    planned.spec.method = "attempt";
    planned.spec.train.total_steps = 1000;
    planned.spec.train.batch_size = 50;
  }
  plan.trials[2].spec.variant = "attempt:constant";
  plan.trials[3].spec.phase = "source";
  plan.trials[3].spec.train.total_steps = 0;
  const std::vector<MethodWork> methods = work_by_method(plan);
  ASSERT_EQ(methods.size(), 3U);
  EXPECT_EQ(methods[0].method, "attempt");
  EXPECT_EQ(methods[0].trials, 2);
  EXPECT_EQ(methods[0].measured, 2);
  EXPECT_DOUBLE_EQ(methods[0].seconds.middle, 3600);
  EXPECT_DOUBLE_EQ(methods[0].examples, 1e5);
  EXPECT_DOUBLE_EQ(methods[0].hours_a_million(), 10);  // an hour for a tenth of a million
  // Two of one kind are misjudged alike.
  EXPECT_NEAR(methods[0].seconds.high, interval_of(3600, std::hypot(0.1, kStudySpread)).high, 1e-6);
  EXPECT_EQ(methods[1].method, "attempt:constant");
  EXPECT_EQ(methods[1].measured, 0);
  EXPECT_EQ(methods[2].phase, "source");
  EXPECT_DOUBLE_EQ(methods[2].hours_a_million(), 0);  // it trains nothing
}

TEST(ForecastTest, SlicesLoseTimeAtTheirEnds) {
  EXPECT_DOUBLE_EQ(slices_of(10, 3600), 1);
  EXPECT_DOUBLE_EQ(slices_of(3600, 3600), 2);
  EXPECT_DOUBLE_EQ(slices_of(100, 60), 4);  // of so short a limit half is lost
}

}  // namespace
}  // namespace attempt::sweep
