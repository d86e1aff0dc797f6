#include "runner/search/pruner.h"

#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace attempt::search {
namespace {

sweep::PlannedTrial trial(const std::string& id, const std::string& task, std::int64_t steps,
                          const std::string& phase = "search") {
  sweep::PlannedTrial result;
  result.spec.trial_id = id;
  result.spec.phase = phase;
  result.spec.method = "prompt_tuning";
  result.spec.tasks.resize(1);
  result.spec.tasks[0].name = task;
  result.spec.train.total_steps = steps;
  return result;
}

class PrunerTest : public testing::Test {
 protected:
  PrunerTest() : pruner_({"median", 1}, results::StudyFolder(folder_ / "study")) {
    sweep::Plan plan;
    for (const char* id : {"a", "b", "c", "d", "e"}) plan.trials.push_back(trial(id, "rte", 100));
    plan.trials.push_back(trial("cola", "cola", 100));
    plan.trials.push_back(trial("longer", "rte", 200));
    plan.trials.push_back(trial("final", "rte", 100, "target"));
    pruner_.add(plan);
    for (const char* id : {"a", "b", "c", "d"}) {
      EXPECT_EQ(pruner_.judge(id, {10, 20}, {60, 70}), "");
    }
  }

  const test::TemporaryFolder folder_;
  Pruner pruner_;
};

TEST_F(PrunerTest, StopsATrialThatIsBelowTheOthers) {
  EXPECT_EQ(pruner_.judge("e", {10}, {50}), "");
  EXPECT_NE(pruner_.judge("e", {10, 20}, {50, 60}), "");
}

TEST_F(PrunerTest, NeverComparesTasksBudgetsOrFinalTrials) {
  EXPECT_EQ(pruner_.judge("cola", {10, 20}, {0, 0}), "");
  EXPECT_EQ(pruner_.judge("longer", {10, 20}, {0, 0}), "");
  EXPECT_EQ(pruner_.judge("final", {10, 20}, {0, 0}), "");
}

TEST_F(PrunerTest, JudgesAnEvaluationOnce) {
  EXPECT_NE(pruner_.judge("e", {10, 20}, {50, 60}), "");
  EXPECT_EQ(pruner_.judge("e", {10, 20}, {50, 60}), "");
}

}  // namespace
}  // namespace attempt::search
