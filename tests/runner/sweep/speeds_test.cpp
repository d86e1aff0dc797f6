#include "runner/sweep/speeds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "runner/sweep/cost.h"
#include "runner/sweep/trial_kind.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep {
namespace {

constexpr const char* kSweep = R"(
[sweep]
name = "speeds"
seeds = [1, 2]
[targets]
tasks = ["rte", "mrpc"]
methods = ["prompt_tuning"]
[train]
max_steps = 100
evaluate_every_steps = 50
)";

/// The sample study on a machine that has measured something.
class MeasuredInputs final : public test::SampleInputs {
 public:
  SpeedTable speeds() override { return table; }
  SpeedTable table;
};

std::map<std::string, int> kinds_of(const Plan& plan) {
  std::map<std::string, int> kinds;
  for (const PlannedTrial& trial : plan.trials) ++kinds[trial.kind];
  return kinds;
}

TEST(TrialKindTest, SeedsAndRatesAreOfOneKindTasksAndShapesAreNot) {
  const auto kinds = kinds_of(test::plan_of(kSweep));
  ASSERT_EQ(kinds.size(), 2U);
  EXPECT_EQ(kinds.begin()->second, 2);
  EXPECT_EQ(kinds, kinds_of(test::plan_of(kSweep, {"method.prompt_tuning.learning_rate=0.7"})));
  EXPECT_EQ(kinds, kinds_of(test::plan_of(kSweep, {"train.max_steps=500"})));
  for (const char* setting : {"method.prompt_tuning.prompt_length=7", "train.batch_size=3",
                              "model.precision=bf16", "task.rte.max_source_length=33"}) {
    EXPECT_NE(kinds, kinds_of(test::plan_of(kSweep, {setting}))) << setting;
  }
}

TEST(SpeedTableTest, WhatOneWroteAnotherReads) {
  const attempt::test::TemporaryFolder folder;
  const auto file = folder.path() / "cache" / "speeds.json";
  SpeedTable first;
  first.put("a", {"cpu", 1, 0.5, 0.25, 7, 2, 0.1});
  first.put("b", {"cpu", 1, 0.5, 0.25, 7, 8, 0.1});
  first.add_to(file);
  SpeedTable second;
  second.put("b", {"gpu", 1, 0.125, 0.25, 9, 4, 0.25});
  second.add_to(file);

  const SpeedTable read = SpeedTable::read(file);
  ASSERT_TRUE(read.find("a"));
  EXPECT_DOUBLE_EQ(read.find("a")->step_seconds, 0.5);
  ASSERT_TRUE(read.find("b"));
  EXPECT_EQ(read.find("b")->device, "gpu");
  EXPECT_DOUBLE_EQ(read.find("b")->spread, 0.25);
  EXPECT_FALSE(read.find("c"));
  EXPECT_DOUBLE_EQ(*read.slowness(), 4);  // the upper one of two
}

TEST(SpeedTableTest, IsKeptInTheCurrentFolderToo) {
  const attempt::test::TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  SpeedTable table;
  table.put("a", {"gpu", 1, 0.5, 0.25, 7, 2, 0.1});
  EXPECT_NO_THROW(table.add_to("speeds.json"));
  std::filesystem::current_path(before);
  EXPECT_TRUE(SpeedTable::read(folder.path() / "speeds.json").find("a"));
}

TEST(SpeedTableTest, ADamagedFileIsNoMeasurement) {
  const attempt::test::TemporaryFolder folder;
  const auto file = folder.path() / "speeds.json";
  for (const char* text :
       {"", "nonsense", "[]", R"({"version": 2, "kinds": {}})", R"({"version": 1, "kinds": 3})",
        R"({"version": 1, "kinds": {"a": {"device": "cpu"}}})",
        R"({"version": 1, "kinds": {"a": {"device": "cpu", "setup_seconds": 0, "step_seconds": -1,
            "row_seconds": 0, "memory_bytes": 0, "slowness": 1, "spread": 0.1}}})"}) {
    std::ofstream(file) << text;
    EXPECT_TRUE(SpeedTable::read(file).is_empty()) << text;
  }
}

TEST(SpeedTableTest, KnowsItsFilesFromOthers) {
  const attempt::test::TemporaryFolder folder;
  const auto file = folder.path() / "speeds.json";
  EXPECT_FALSE(SpeedTable::is_in(file));
  EXPECT_FALSE(SpeedTable::is_in(folder.path()));
  for (const char* text : {"", "[sweep]\nname = \"mine\"\n", "{}", R"({"version": 1})",
                           R"({"version": 2, "kinds": {}})", R"({"version": 1, "kinds": []})"}) {
    std::ofstream(file) << text;
    EXPECT_FALSE(SpeedTable::is_in(file)) << text;
  }
  std::ofstream(file) << R"({"version": 1, "kinds": {}})";
  EXPECT_TRUE(SpeedTable::is_in(file));
}

TEST(SpeedTableTest, TryingLeavesNothing) {
  const attempt::test::TemporaryFolder folder;
  const auto file = folder.path() / "cache" / "speeds.json";
  EXPECT_NO_THROW(SpeedTable::try_to_add_to(file));
  EXPECT_TRUE(std::filesystem::is_empty(file.parent_path()));
  SpeedTable table;
  table.put("a", {"gpu", 1, 0.5, 0.25, 7, 2, 0.1});
  table.add_to(file);
  EXPECT_NO_THROW(SpeedTable::try_to_add_to(file));
  EXPECT_TRUE(SpeedTable::read(file).find("a"));
  EXPECT_ANY_THROW(SpeedTable::try_to_add_to(file / "below_a_file.json"));
}

TEST(EstimateTest, AMeasuredKindTakesItsStepsAndRows) {
  const Plan before = test::plan_of(kSweep);
  MeasuredInputs inputs;
  const PlannedTrial& rte = before.trials.front();
  inputs.table.put(rte.kind, {"cpu", 3, 0.5, 0.01, 4000, 10, 0.1});
  const Plan plan = test::plan_of(kSweep, inputs);
  const PlannedTrial& measured = plan.trials.front();
  ASSERT_TRUE(measured.is_measured);
  const TaskSpec& task = measured.spec.tasks.front();
  const auto rows =
      static_cast<double>(2 * task.validation_examples + task.test_examples);  // at 50 and 100
  EXPECT_DOUBLE_EQ(measured.estimated_seconds, 3 + 100 * 0.5 + rows * 0.01);
  EXPECT_EQ(measured.memory_bytes, 4000);
  // Other kinds are as slow for their operations as that one.
  const auto other = std::find_if(plan.trials.begin(), plan.trials.end(),
                                  [](const auto& trial) { return !trial.is_measured; });
  ASSERT_NE(other, plan.trials.end());
  EXPECT_DOUBLE_EQ(other->estimated_seconds, 10 * other->assumed_seconds);
  EXPECT_GT(other->spread, measured.spread);
  EXPECT_LT(other->spread, before.trials.front().spread);
}

TEST(EstimateTest, ARestlessMachineWidensIntervals) {
  EXPECT_DOUBLE_EQ(probed_spread(0), 0.1);
  EXPECT_NEAR(probed_spread(0.2), std::sqrt(0.01 + 1.5 * 0.04), 1e-12);
}

}  // namespace
}  // namespace attempt::sweep
