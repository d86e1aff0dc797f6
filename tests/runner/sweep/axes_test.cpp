#include <gmock/gmock.h>

#include <set>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const std::string kStudy = R"(
[sources]
tasks = ["mnli"]
[targets]
tasks = ["rte"]
methods = ["frozen", "prompt_tuning", "attempt", "uniform"]
[variant.uniform]
base = "attempt"
attention = "constant"
)";

TEST(AxesTest, AnAxisMultipliesOnlyTrialsThatUseItsKey) {
  const Plan plan = plan_of(kStudy + "[grid]\n\"method.attempt.temperature\" = [500, \"paper\"]\n");
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(1));
  EXPECT_THAT(trials_of(plan, "target", "frozen"), SizeIs(1));
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(1));
  // attempt twice; uniform attention has no temperature.
  EXPECT_THAT(trials_of(plan, "target", "attempt"), SizeIs(3));
}

TEST(AxesTest, LabelsSayWhichPointATrialIs) {
  const Plan plan = plan_of(kStudy +
                            "[grid]\n\"method.attempt.attention\" = [\"sub\", \"dot\"]\n"
                            "\"sources.train.epochs\" = [5, 10]\n");
  std::set<std::string> labels;
  for (const PlannedTrial& trial : plan.trials) {
    if (trial.spec.phase == "target") labels.insert(trial.spec.label);
  }
  EXPECT_THAT(labels, testing::UnorderedElementsAre("No training", "Prompt Tuning",
                                                    "ATTEMPT, source epochs 5.0, attention sub",
                                                    "ATTEMPT, source epochs 10.0, attention sub",
                                                    "ATTEMPT, source epochs 5.0, attention dot",
                                                    "ATTEMPT, source epochs 10.0, attention dot",
                                                    "uniform, source epochs 5.0",
                                                    "uniform, source epochs 10.0"));
}

TEST(AxesTest, FrozenIgnoresAxesOfTraining) {
  const Plan plan = plan_of(kStudy + "[grid]\n\"train.learning_rate_scale\" = [0.3, 1, 3]\n");
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(1));
  EXPECT_THAT(trials_of(plan, "target", "frozen"), SizeIs(1));
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(3));
  EXPECT_DOUBLE_EQ(
      trials_of(plan, "target", "prompt_tuning")[0]->spec.train.optimizer.learning_rate, 0.3 * 0.3);
}

TEST(AxesTest, GridsCross) {
  const Plan plan = plan_of(kStudy +
                            "[grid]\n\"train.learning_rate_scale\" = [1, 3]\n"
                            "\"train.batch_size\" = [16, 32, 64]\n");
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(6));
}

TEST(AxesTest, ZipPairsItsValues) {
  const Plan plan = plan_of(kStudy +
                            "[zip]\n\"method.attempt.temperature\" = [500, 1000, \"paper\"]\n"
                            "\"method.attempt.g_hidden\" = [50, 100, 100]\n");
  EXPECT_THAT(trials_of(plan, "target", "attempt"), SizeIs(3 + 1));
}

TEST(AxesTest, OnlySourceAxesMultiplySources) {
  const Plan plan = plan_of(kStudy + "[grid]\n\"sources.train.epochs\" = [5, 10]\n");
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(2));
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(1));
  EXPECT_THAT(trials_of(plan, "target", "attempt"), SizeIs(4));
}

TEST(AxesTest, SourcesKeepTheirRateUnderAnAxisOfPromptTuning) {
  const Plan plan =
      plan_of(kStudy + "[grid]\n\"method.prompt_tuning.learning_rate\" = [0.1, 0.5]\n");
  ASSERT_THAT(trials_of(plan, "source"), SizeIs(1));
  EXPECT_DOUBLE_EQ(trials_of(plan, "source")[0]->spec.train.optimizer.learning_rate, 0.3);
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(2));
}

TEST(AxesTest, SetWinsOverAnAxisAndTrialsCollapse) {
  const Plan plan =
      plan_of(kStudy + "[grid]\n\"train.batch_size\" = [16, 64]\n", {"train.batch_size=8"});
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(1));
}

TEST(AxesTest, AxesOfAVariantConcernTheVariant) {
  const Plan plan = plan_of(kStudy + "[grid]\n\"variant.uniform.learning_rate\" = [0.1, 0.2]\n");
  EXPECT_THAT(trials_of(plan, "target", "attempt"), SizeIs(1 + 2));
}

TEST(AxesTest, RefusesAxesThatAreNotTrialSettings) {
  EXPECT_THAT(refusal_of(kStudy + "[grid]\n\"sweep.seeds\" = [[1], [2]]\n"),
              HasSubstr("'sweep.seeds' is not a setting of trials"));
  EXPECT_THAT(refusal_of(kStudy + "[grid]\n\"data.max_bad_rows\" = [1, 2]\n"),
              HasSubstr("cannot be an axis"));
  EXPECT_THAT(refusal_of(kStudy + "[grid]\n\"train.batch_size\" = 16\n"),
              HasSubstr("an axis is an array of values"));
  EXPECT_THAT(refusal_of(kStudy + "[grid]\n\"train.batch_size\" = [16, 16]\n"),
              HasSubstr("holds 16 twice"));
  EXPECT_THAT(refusal_of(kStudy + "[zip]\n\"train.batch_size\" = [1, 2]\n\"train.epochs\" = [1]\n"),
              HasSubstr("Give equally many"));
  EXPECT_THAT(
      refusal_of(kStudy +
                 "[zip]\n\"train.batch_size\" = [1, 2]\n\"sources.train.epochs\" = [1, 2]\n"),
      HasSubstr("Put one kind into [grid]"));
}

}  // namespace
}  // namespace attempt::sweep::test
