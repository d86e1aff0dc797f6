#include "datasets/mixed_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "datasets/token_arrays.h"

namespace attempt::datasets {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

const std::vector<std::int64_t> kSizes = {10, 3, 6};

/// How often each example occurs in the steps [first, last).
std::map<std::pair<std::int64_t, std::int64_t>, int> counts(MixedOrder& order, std::int64_t first,
                                                            std::int64_t last) {
  std::map<std::pair<std::int64_t, std::int64_t>, int> found;
  for (std::int64_t step = first; step < last; ++step) {
    for (const MixedRow& row : order.batch(step)) ++found[{row.task, row.index}];
  }
  return found;
}

std::set<std::int64_t> tasks_of(const std::vector<MixedRow>& rows) {
  std::set<std::int64_t> tasks;
  for (const MixedRow& row : rows) tasks.insert(row.task);
  return tasks;
}

TEST(MixedOrderTest, InProportionEveryEpochVisitsEachExampleOnce) {
  for (const bool is_single_task : {false, true}) {
    MixedOrder order(kSizes, 4, 7, {.temperature = {}, .is_single_task = is_single_task}, true);
    const std::int64_t steps = order.steps_per_epoch();
    EXPECT_EQ(steps, is_single_task ? 3 + 1 + 2 : 5);
    for (const std::int64_t epoch : {0, 1}) {
      const auto found = counts(order, epoch * steps, (epoch + 1) * steps);
      EXPECT_EQ(found.size(), 19U);
      for (const auto& [row, count] : found) EXPECT_EQ(count, 1);
    }
  }
}

TEST(MixedOrderTest, EpochsDifferAndSeedsDiffer) {
  for (const MixingRule& rule :
       {MixingRule{}, MixingRule{.temperature = {}, .is_single_task = true},
        MixingRule{.temperature = 10, .is_single_task = false}}) {
    MixedOrder order(kSizes, 4, 7, rule, true);
    MixedOrder other(kSizes, 4, 8, rule, true);
    const std::int64_t steps = order.steps_per_epoch();
    std::vector<MixedRow> first, second, of_other;
    for (std::int64_t step = 0; step < steps; ++step) {
      for (const MixedRow& row : order.batch(step)) first.push_back(row);
      for (const MixedRow& row : other.batch(step)) of_other.push_back(row);
    }
    for (std::int64_t step = steps; step < 2 * steps; ++step) {
      for (const MixedRow& row : order.batch(step)) second.push_back(row);
    }
    EXPECT_NE(first, second);
    EXPECT_NE(first, of_other);
  }
}

TEST(MixedOrderTest, OneTaskInProportionHasTheOrderOfASingleTask) {
  MixedOrder mixed({10}, 4, 7, {}, true);
  TrainOrder single(10, 4, 7, true);
  for (std::int64_t step = 0; step < 7; ++step) {
    std::vector<std::int64_t> rows;
    for (const MixedRow& row : mixed.batch(step)) rows.push_back(row.index);
    EXPECT_EQ(rows, single.batch(step));
  }
}

TEST(MixedOrderTest, AnyStepCanBeAskedForFirst) {
  for (const bool is_single_task : {false, true}) {
    for (const std::optional<double> temperature : {std::optional<double>(), std::optional(2.0)}) {
      const MixingRule rule{.temperature = temperature, .is_single_task = is_single_task};
      MixedOrder continuous(kSizes, 4, 7, rule, true);
      std::vector<std::vector<MixedRow>> batches;
      for (std::int64_t step = 0; step < 15; ++step) batches.push_back(continuous.batch(step));
      for (const std::int64_t step : {14, 3, 8}) {
        MixedOrder resumed(kSizes, 4, 7, rule, true);
        EXPECT_EQ(resumed.batch(step), batches[static_cast<std::size_t>(step)]) << step;
      }
    }
  }
}

TEST(MixedOrderTest, BatchesOfOneTaskHoldOneTask) {
  for (const std::optional<double> temperature : {std::optional<double>(), std::optional(10.0)}) {
    MixedOrder order(kSizes, 4, 7, {.temperature = temperature, .is_single_task = true}, true);
    std::set<std::int64_t> seen;
    for (std::int64_t step = 0; step < 40; ++step) {
      const std::set<std::int64_t> tasks = tasks_of(order.batch(step));
      EXPECT_EQ(tasks.size(), 1U);
      seen.insert(*tasks.begin());
    }
    EXPECT_THAT(seen, ElementsAre(0, 1, 2));
  }
}

TEST(MixedOrderTest, ATemperatureOfOneIsProportionalAndALargeOneUniform) {
  EXPECT_THAT(mixing_probabilities({900, 100}, 1),
              ElementsAre(DoubleNear(0.9, 1e-12), DoubleNear(0.1, 1e-12)));
  // (1/4)^(1/2) : (1/64)^(1/2) = 4 : 1
  EXPECT_THAT(mixing_probabilities({1600, 100}, 2),
              ElementsAre(DoubleNear(0.8, 1e-12), DoubleNear(0.2, 1e-12)));
  EXPECT_THAT(mixing_probabilities({900, 100}, 1e9),
              ElementsAre(DoubleNear(0.5, 1e-8), DoubleNear(0.5, 1e-8)));
}

TEST(MixedOrderTest, RowsAreDrawnWithTheProbabilitiesOfTheTemperature) {
  MixedOrder order({1600, 100}, 10, 3, {.temperature = 2, .is_single_task = false}, true);
  int first = 0;
  std::set<std::int64_t> rows;
  for (std::int64_t step = 0; step < 1000; ++step) {
    for (const MixedRow& row : order.batch(step)) {
      first += row.task == 0;
      if (row.task == 1) rows.insert(row.index);
    }
  }
  EXPECT_NEAR(first / 1e4, 0.8, 0.02);  // five standard deviations of 10,000 draws
  EXPECT_EQ(rows.size(), 100U);
  EXPECT_EQ(*rows.rbegin(), 99);
}

TEST(MixedOrderTest, WithoutShufflingTheListsFollowOneAnother) {
  MixedOrder mixed({2, 3}, 4, 7, {}, false);
  EXPECT_THAT(mixed.batch(0),
              ElementsAre(MixedRow{0, 0}, MixedRow{0, 1}, MixedRow{1, 0}, MixedRow{1, 1}));
  EXPECT_THAT(mixed.batch(1), ElementsAre(MixedRow{1, 2}));
  MixedOrder single({2, 3}, 2, 7, {.temperature = {}, .is_single_task = true}, false);
  EXPECT_THAT(single.batch(1), ElementsAre(MixedRow{1, 0}, MixedRow{1, 1}));
}

TEST(CollateTest, RowsOfSeveralTasksKeepTheirOwnLengthsAndTaskIds) {
  auto arrays = std::make_shared<TokenArrays>();
  arrays->source_ids = {5, 6, 7, 8};
  arrays->source_offsets = {0, 3, 4};
  arrays->target_ids = {9, 4, 3, 2};
  arrays->target_offsets = {0, 1, 4};
  arrays->records = R"(["a","x",["x"],"",0]["b","y",["y","z"],"g",7])";
  arrays->record_offsets = {0, 20, static_cast<std::int64_t>(arrays->records.size())};
  const auto split = make_split(views_of(*arrays), arrays);
  const CollateOptions first{.max_source_length = 3, .max_target_length = 2, .task_id = 1};
  const CollateOptions second{.max_source_length = 10, .max_target_length = 4, .task_id = 0};
  const std::vector<BatchRow> rows = {{split.get(), 0, &first}, {split.get(), 1, &second}};

  const TokenBatch batch = collate(rows);

  EXPECT_THAT(batch.input_ids, ElementsAre(5, 6, 1, 8, 1, 0));
  EXPECT_THAT(batch.labels, ElementsAre(9, 1, -100, -100, 4, 3, 2, 1));
  EXPECT_THAT(batch.task_ids, ElementsAre(1, 0));
  EXPECT_EQ(batch.truncated_sources, 1);
}

}  // namespace
}  // namespace attempt::datasets
