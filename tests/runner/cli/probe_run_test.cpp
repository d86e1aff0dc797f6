#include "runner/cli/probe_run.h"

#include <gtest/gtest.h>

namespace attempt::cli {
namespace {

sweep::PlannedTrial planned(const std::string& id, const std::string& kind, std::int64_t steps,
                            std::vector<std::string> depends_on = {}) {
  sweep::PlannedTrial trial;
  trial.spec.trial_id = id;
  trial.spec.phase = "target";
  trial.spec.depends_on = std::move(depends_on);
  trial.spec.train.total_steps = steps;
  trial.spec.train.evaluate_every_steps = 10;
  trial.kind = kind;
  return trial;
}

TEST(ProbePlanTest, HasOneShortTrialOfEachKindAndWhatItNeeds) {
  sweep::Plan plan;
  plan.store_path = "/store";
  plan.trials = {planned("source1", "prompt", 5000), planned("source2", "prompt", 5000),
                 planned("target2", "attempt", 20, {"source2"}),
                 planned("target1", "attempt", 20, {"source1"}), planned("frozen", "frozen", 0)};
  const sweep::Plan probes = probe_plan(plan);
  std::vector<std::string> ids;
  for (const auto& trial : probes.trials) ids.push_back(trial.spec.trial_id);
  EXPECT_EQ(ids, (std::vector<std::string>{"source1", "source2", "target2", "frozen"}));
  for (const auto& trial : probes.trials) {
    EXPECT_EQ(trial.spec.phase, "probe");
    EXPECT_LE(trial.spec.train.total_steps, 400);
    EXPECT_FALSE(trial.spec.keep_predictions);
  }
  EXPECT_EQ(probes.trials[1].spec.save_parameters, "all");
  EXPECT_EQ(probes.trials[2].spec.save_parameters, "none");
  EXPECT_EQ(probes.trials[3].spec.train.total_steps, 0);
  EXPECT_TRUE(probes.store_path.empty());
}

}  // namespace
}  // namespace attempt::cli
