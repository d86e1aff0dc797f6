#include "runner/sweep/trial_id.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

/// Every method, sources and several tasks, two seeds.
constexpr const char* kStudy = R"(
[sweep]
name = "golden"
seeds = [1, 2]
[sources]
tasks = ["mnli", "sst2"]
[targets]
tasks = ["rte"]
methods = ["frozen", "fine_tuning", "bitfit", "adapter", "lora", "ia3", "prompt_tuning", "p_tuning",
           "prefix_tuning", "spot", "attempt"]
multitask = [{ name = "pair", tasks = ["rte", "cola"], methods = ["attempt_m", "fine_tuning_m"] }]
[train]
max_steps = 1000
)";

std::string lines_of(const Plan& plan) {
  std::string text;
  for (const PlannedTrial& trial : plan.trials) {
    text += trial.spec.trial_id + " " + trial.spec.phase + " " + trial.spec.method + " " +
            task_text(trial.spec) + " " + std::to_string(trial.spec.seed) + "\n";
  }
  return text;
}

std::set<std::string> ids_of(const Plan& plan) {
  std::set<std::string> ids;
  for (const PlannedTrial& trial : plan.trials) ids.insert(trial.spec.trial_id);
  return ids;
}

/// "phase method task" of the trials of `plan` that `before` did not have.
std::set<std::string> new_in(const Plan& plan, const Plan& before) {
  const std::set<std::string> known = ids_of(before);
  std::set<std::string> found;
  for (const PlannedTrial& trial : plan.trials) {
    if (known.contains(trial.spec.trial_id)) continue;
    found.insert(trial.spec.phase + " " + trial.spec.method + " " + task_text(trial.spec));
  }
  return found;
}

// A finished trial is found by its id: an id that changes throws away every study that was ever
// run. These stand as the first release made them; a method that changes its meaning gets another
// semantics_version and new lines here, and nothing else does.
TEST(TrialIdTest, IdsAreThoseOfTheFirstRelease) {
  EXPECT_EQ(lines_of(plan_of(kStudy)), attempt::test::read_file(attempt::test::source_folder() /
                                                                "tests/goldens/trial_ids.txt"));
}

TEST(TrialIdTest, AnotherSeedLeavesTheOthersAlone) {
  const Plan before = plan_of(kStudy);
  const Plan after = plan_of(kStudy, {"sweep.seeds=[2, 3]"});
  std::size_t kept = 0;
  for (const std::string& id : ids_of(after)) kept += ids_of(before).count(id);
  EXPECT_EQ(kept, before.trials.size() / 2);
}

TEST(TrialIdTest, ALearningRateChangesItsMethodAndWhatDependsOnIt) {
  const Plan before = plan_of(kStudy);
  EXPECT_EQ(new_in(plan_of(kStudy, {"method.lora.learning_rate=0.02"}), before),
            std::set<std::string>{"target lora rte"});
  const auto changed = new_in(plan_of(kStudy, {"sources.train.learning_rate_scale=0.5"}), before);
  EXPECT_EQ(changed, (std::set<std::string>{"source prompt_tuning mnli",
                                            "source prompt_tuning sst2", "target spot rte",
                                            "target attempt rte", "target attempt_m rte+cola"}));
}

/// Data files of one task that changed.
class ChangedTask final : public SampleInputs {
 public:
  explicit ChangedTask(std::string name) : name_(std::move(name)) {}
  TaskFacts task(const datasets::Task& task, const DataSpec& data,
                 const TaskSpec& settings) override {
    TaskFacts facts = SampleInputs::task(task, data, settings);
    if (task.name == name_) facts.fingerprint = "other files";
    return facts;
  }

 private:
  std::string name_;
};

TEST(TrialIdTest, ADataFileChangesTheTrialsThatReadItAndWhatDependsOnThem) {
  const Plan before = plan_of(kStudy);
  ChangedTask cola("cola");
  EXPECT_EQ(new_in(plan_of(kStudy, cola), before),
            (std::set<std::string>{"target attempt_m rte+cola", "target fine_tuning_m rte+cola"}));
  ChangedTask mnli("mnli");
  EXPECT_TRUE(new_in(plan_of(kStudy, mnli), before).contains("target attempt rte"));
  EXPECT_FALSE(new_in(plan_of(kStudy, mnli), before).contains("target lora rte"));
}

TEST(TrialIdTest, LimitsPathsAndResourcesChangeNothing) {
  EXPECT_EQ(ids_of(plan_of(kStudy)),
            ids_of(plan_of(kStudy,
                           {"limits.max_attempts=9", "limits.no_progress_seconds=60",
                            "store.path=\"/elsewhere\"", "resources.threads_per_trainer=3",
                            "train.checkpoint_every_seconds=10", "sweep.keep_predictions=false"})));
}

}  // namespace
}  // namespace attempt::sweep::test
