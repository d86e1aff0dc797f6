#include "runner/sweep/forecast.h"

#include <gtest/gtest.h>

#include <cmath>

#include "datasets/mixed_order.h"
#include "runner/sweep/mixing.h"

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
    planned.spec.tasks = {{.name = "rte", .train_examples = 2500}};
  }
  plan.trials[2].spec.variant = "attempt:constant";
  plan.trials[3].spec.phase = "source";
  plan.trials[3].spec.train.total_steps = 0;
  const std::vector<MethodWork> methods = work_by_method(plan);
  ASSERT_EQ(methods.size(), 3U);
  EXPECT_EQ(methods[0].method, "attempt");
  EXPECT_EQ(methods[0].variant, "");
  EXPECT_EQ(methods[0].trials, 2);
  EXPECT_EQ(methods[0].measured, 2);
  EXPECT_DOUBLE_EQ(methods[0].seconds.middle, 3600);
  EXPECT_DOUBLE_EQ(methods[0].examples, 1e5);
  EXPECT_DOUBLE_EQ(methods[0].hours_a_million(), 10);  // an hour for a tenth of a million
  // Two of one kind are misjudged alike.
  EXPECT_NEAR(methods[0].seconds.high, interval_of(3600, std::hypot(0.1, kStudySpread)).high, 1e-6);
  EXPECT_EQ(methods[1].method, "attempt");
  EXPECT_EQ(methods[1].variant, "attempt:constant");
  EXPECT_EQ(methods[1].measured, 0);
  EXPECT_EQ(methods[2].phase, "source");
  EXPECT_DOUBLE_EQ(methods[2].hours_a_million(), 0);  // it trains nothing
}

TEST(ForecastTest, WhatSearchesHaveYetToAddIsALineOfTheirMethod) {
  Plan plan;
  for (const char* variant : {"", "", "long"}) {
    PlannedTrial& searched = plan.trials.emplace_back(trial("a", 10, 0.3, true));
    searched.spec.phase = "search";
    searched.spec.method = "attempt";
    searched.spec.variant = variant;
    searched.spec.train = {.total_steps = 10, .batch_size = 5};
    searched.spec.tasks = {{.name = "rte", .train_examples = 50}};
  }
  const auto search = [&](const char* variant, std::int64_t trials, double seconds) {
    plan.searches.push_back({.method = "attempt", .variant = variant});
    plan.searches.back().later_trials = trials;
    plan.searches.back().later_seconds = seconds;
  };
  search("", 3, 30);     // on one task
  search("", 1, 10);     // on another
  search("long", 0, 0);  // at its end
  const std::vector<MethodWork> methods = work_by_method(plan);
  ASSERT_EQ(methods.size(), 3U);
  const MethodWork& later = methods[2];
  EXPECT_EQ(later.phase, "later");
  EXPECT_EQ(later.method, "attempt");
  EXPECT_EQ(later.variant, "");
  EXPECT_EQ(later.trials, 4);
  EXPECT_EQ(later.measured, 0);
  EXPECT_DOUBLE_EQ(later.seconds.middle, 40);
  EXPECT_DOUBLE_EQ(later.seconds.high / 40, methods[0].seconds.high / 20);
  EXPECT_DOUBLE_EQ(later.seconds.low / 40, methods[0].seconds.low / 20);
  EXPECT_DOUBLE_EQ(later.examples, 4 * 50);
  double sum = 0;
  for (const MethodWork& work : methods) sum += work.seconds.middle;
  EXPECT_DOUBLE_EQ(sum, forecast_work(plan).seconds.middle);
}

/// Rows of the batches that the trainer walks through.
std::int64_t walked(const std::vector<std::int64_t>& sizes, const TrainSpec& train) {
  datasets::MixedOrder order(sizes, train.batch_size, /*seed=*/1, mixing_rule(train.mixing),
                             /*shuffle=*/true);
  std::int64_t rows = 0;
  for (std::int64_t step = 0; step < train.total_steps; ++step) {
    rows += static_cast<std::int64_t>(order.batch(step).size());
  }
  return rows;
}

TEST(ForecastTest, ExamplesAreTheRowsOfTheBatchesThatAreShortToo) {
  const auto counted = [](const std::vector<std::int64_t>& sizes, const TrainSpec& train) {
    Plan plan;
    plan.trials.push_back(trial("a", 10, 0.1, true));
    plan.trials[0].spec.train = train;
    for (const std::int64_t size : sizes) {
      plan.trials[0].spec.tasks.push_back({.name = "cb", .train_examples = size});
    }
    return work_by_method(plan).at(0).examples;
  };
  TrainSpec train{.total_steps = 1000, .batch_size = 32};
  EXPECT_DOUBLE_EQ(counted({4}, train), 4000);  // [few_shot] k = 4
  train.total_steps = 20 * 18;
  EXPECT_DOUBLE_EQ(counted({554}, train), 20 * 554);  // WSC, 20 epochs
  train.total_steps = 100;                            // no whole number of epochs
  for (const std::vector<std::int64_t>& sizes :
       {std::vector<std::int64_t>{250}, {64}, {100000}, {250, 40, 7}}) {
    EXPECT_DOUBLE_EQ(counted(sizes, train), static_cast<double>(walked(sizes, train)));
  }
  const std::vector<std::int64_t> tasks = {250, 40, 7};
  train.mixing.batches = "single_task";  // 8, 2 and 1 batches an epoch
  train.total_steps = 11 * 5;
  EXPECT_DOUBLE_EQ(counted(tasks, train), static_cast<double>(walked(tasks, train)));
  train.mixing.mixing = "temperature";
  EXPECT_DOUBLE_EQ(counted(tasks, train), static_cast<double>(walked(tasks, train)));
}

TEST(ForecastTest, SlicesLoseTimeAtTheirEnds) {
  EXPECT_DOUBLE_EQ(slices_of(10, 3600), 1);
  EXPECT_DOUBLE_EQ(slices_of(3600, 3600), 2);
  EXPECT_DOUBLE_EQ(slices_of(100, 60), 4);  // of so short a limit half is lost
}

}  // namespace
}  // namespace attempt::sweep
