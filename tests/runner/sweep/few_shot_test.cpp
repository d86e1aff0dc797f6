#include "runner/sweep/few_shot.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const std::string kStudy = R"(
[sweep]
seeds = [41, 42]
[targets]
methods = ["frozen", "prompt_tuning"]
[few_shot]
k = [4, 16]
tasks = ["boolq", "cb"]
)";

TEST(FewShotTest, MakesATrialOfEveryTaskNumberAndSeed) {
  const Plan plan = plan_of(kStudy);
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(2 * 2 * 2));
  EXPECT_THAT(trials_of(plan, "target", "frozen"), SizeIs(2 * 2));  // nothing is drawn
  std::set<std::string> ids;
  for (const PlannedTrial& trial : plan.trials) ids.insert(trial.spec.trial_id);
  EXPECT_THAT(ids, SizeIs(12));
}

TEST(FewShotTest, DrawsGoWithSeedsAndAreTheSameForAllMethods) {
  const Plan plan = plan_of(kStudy);
  for (const PlannedTrial* trial : trials_of(plan, "target", "prompt_tuning")) {
    EXPECT_EQ(trial->spec.tasks[0].few_shot.draw, trial->spec.seed == 41 ? 1u : 2u);
  }
  const Plan chosen = plan_of(kStudy, {"few_shot.seeds=[7, 9]"});
  for (const PlannedTrial* trial : trials_of(chosen, "target", "prompt_tuning")) {
    EXPECT_EQ(trial->spec.tasks[0].few_shot.draw, trial->spec.seed == 41 ? 7u : 9u);
  }
}

TEST(FewShotTest, CountsTheExamplesThatAreUsed) {
  const auto first = [](const std::vector<std::string>& set) {
    const Plan plan = plan_of(kStudy, set);
    return trials_of(plan, "target", "prompt_tuning")[0]->spec;
  };
  const TrialSpec last = first({});
  EXPECT_EQ(last.tasks[0].train_examples, 4);
  EXPECT_EQ(last.tasks[0].validation_examples, datasets::find_task("boolq").expected.validation);
  EXPECT_FALSE(last.comparable);
  EXPECT_EQ(first({"few_shot.mode=per_class"}).tasks[0].train_examples, 8);
  EXPECT_EQ(first({"few_shot.selection=k"}).tasks[0].validation_examples, 4);
}

TEST(FewShotTest, ForecastsCountTheRowsThatAreTrainedOn) {
  const auto first = [](const std::string& k) {
    return *trials_of(plan_of(kStudy, {"few_shot.k=[" + k + "]"}), "target", "prompt_tuning")[0];
  };
  const PlannedTrial four = first("4");
  const PlannedTrial sixteen = first("16");
  EXPECT_EQ(four.spec.train.total_steps, sixteen.spec.train.total_steps);
  EXPECT_LT(four.estimated_seconds, sixteen.estimated_seconds);
  EXPECT_NE(four.kind, sixteen.kind) << "a step of four rows is another than one of sixteen";
  EXPECT_EQ(first("32").kind, first("64").kind) << "batches are of 32 rows at most";
}

TEST(FewShotTest, LastEvaluatesOnceAndOthersAsTheyAreTold) {
  const Plan last = plan_of(kStudy, {"train.evaluate_every_steps=10", "train.patience=2"});
  const TrainSpec& train = trials_of(last, "target", "prompt_tuning")[0]->spec.train;
  EXPECT_EQ(train.total_steps, 1000);
  EXPECT_EQ(train.evaluate_every_steps, 1000);
  EXPECT_EQ(train.patience, 0);
  const Plan full = plan_of(kStudy, {"train.evaluate_every_steps=10", "few_shot.selection=full"});
  EXPECT_EQ(trials_of(full, "target", "prompt_tuning")[0]->spec.train.evaluate_every_steps, 10);
}

TEST(FewShotTest, LengthHasALayerOfItsOwn) {
  const auto steps = [](const std::string& more, const std::vector<std::string>& set = {}) {
    const Plan plan = plan_of(kStudy + more, set);
    return origin_of(*trials_of(plan, "target", "prompt_tuning")[0], "train.max_steps");
  };
  EXPECT_EQ(steps(""), "1000 (few-shot default)");
  EXPECT_EQ(steps("max_steps = 50\n[task.boolq]\nmax_steps = 70\n"), "50 ([few_shot])");
  EXPECT_EQ(steps("[[override]]\nset = { train.max_steps = 30 }\n"), "30 ([[override]] 1)");
  EXPECT_EQ(steps("", {"few_shot.max_steps=20"}), "20 (--set)");
}

TEST(FewShotTest, LeavesWholeSplitsAlone) {
  const Plan plan = plan_of(kStudy, {"targets.tasks=[\"rte\"]", "few_shot.max_steps=20"});
  const auto trials = trials_of(plan, "target", "prompt_tuning");
  EXPECT_THAT(trials, SizeIs(2 + 8));
  EXPECT_EQ(trials[0]->spec.tasks[0].few_shot.k, 0);
  EXPECT_EQ(origin_of(*trials[0], "few_shot.k"), "");
  EXPECT_EQ(origin_of(*trials[0], "train.epochs"), "20 (default)");
}

TEST(FewShotTest, QuestionAnsweringAndTheAuthorsDrawOverall) {
  const auto mode = [](const std::vector<std::string>& set) {
    const Plan plan = plan_of(kStudy, set);
    return trials_of(plan, "target", "prompt_tuning")[0]->spec.tasks[0].few_shot.mode;
  };
  EXPECT_EQ(mode({}), "balanced");
  EXPECT_EQ(mode({"few_shot.tasks=[\"squad\"]"}), "overall");
  EXPECT_EQ(mode({"data.compat=authors", "train.allow_warmup_only=true"}), "overall");
}

TEST(FewShotTest, ProbesSeeNoMoreThanTheTrialTheyServe) {
  const Plan plan = plan_of(
      kStudy, {"targets.methods=[\"spot\"]", "sources.tasks=[\"mnli\"]",
               "method.spot.choose=most_similar", "few_shot.k=[4]", "method.spot.probe_steps=20"});
  int probes = 0;
  for (const PlannedTrial* trial : trials_of(plan, "source")) {
    if (trial->spec.tasks[0].name == "mnli") {
      EXPECT_EQ(trial->spec.tasks[0].few_shot.k, 0);
      continue;
    }
    ++probes;
    EXPECT_EQ(trial->spec.tasks[0].train_examples, 4);
    EXPECT_EQ(trial->spec.train.total_steps, 20);
  }
  EXPECT_EQ(probes, 2 * 2);  // tasks, seeds
}

TEST(FewShotTest, RefusesWhatCannotBeDrawn) {
  EXPECT_THAT(refusal_of(kStudy, {"few_shot.tasks=[\"squad\"]", "few_shot.mode=balanced"}),
              HasSubstr("squad has no classes"));
  EXPECT_THAT(refusal_of(kStudy, {"few_shot.k=[300]"}), HasSubstr("cb has 250 training examples"));
  EXPECT_THAT(refusal_of(kStudy, {"few_shot.k=[64]", "few_shot.selection=k"}),
              HasSubstr("cb has 28 validation examples"));
  EXPECT_THAT(refusal_of(kStudy, {"few_shot.tasks=[]"}), HasSubstr("[few_shot] has no 'tasks'"));
  EXPECT_THAT(refusal_of(kStudy, {"few_shot.seeds=[1]"}),
              HasSubstr("few_shot.seeds names 1 draws and sweep.seeds 2 seeds"));
}

}  // namespace
}  // namespace attempt::sweep::test
