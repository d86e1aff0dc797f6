#include <gmock/gmock.h>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kTargets = R"(
[targets]
tasks = ["rte"]
methods = ["prompt_tuning"]
)";

std::string epochs_of(const std::string& more, const std::vector<std::string>& set = {}) {
  return origin_of(plan_of(kTargets + more, set).trials.at(0), "train.epochs");
}

TEST(LayersTest, LaterLayersWin) {
  const std::string train = "[train]\nepochs = 1\n";
  const std::string method = "[method.prompt_tuning]\nepochs = 2\n";
  const std::string task = "[task.rte]\nepochs = 3\n";
  const std::string first = "[[override]]\nset = { train.epochs = 4 }\n";
  const std::string second = "[[override]]\nset = { train.epochs = 5 }\n";
  const std::string grid = "[grid]\n\"train.epochs\" = [6]\n";
  EXPECT_EQ(epochs_of(""), "20 (default)");
  EXPECT_EQ(epochs_of(train), "1.0 ([train])");
  EXPECT_EQ(epochs_of(method + train), "2.0 ([method.prompt_tuning])");
  EXPECT_EQ(epochs_of(task + method + train), "3.0 ([task.rte])");
  EXPECT_EQ(epochs_of(first + task + method + train), "4.0 ([[override]] 1)");
  EXPECT_EQ(epochs_of(first + second + task + method), "5.0 ([[override]] 2)");
  EXPECT_EQ(epochs_of(grid + first + second + task), "6.0 ([grid])");
  EXPECT_EQ(epochs_of(grid + first + task, {"train.epochs=7"}), "7.0 (--set)");
}

TEST(LayersTest, VariantsWinOverTheirBase) {
  const Plan plan = plan_of(R"(
[targets]
tasks = ["rte"]
methods = ["short", "prompt_tuning"]
[method.prompt_tuning]
epochs = 2
learning_rate = 0.1
[variant.short]
base = "prompt_tuning"
label = "PT, short"
epochs = 1
)");
  EXPECT_EQ(origin_of(plan.trials[0], "train.epochs"), "1.0 ([variant.short])");
  EXPECT_EQ(origin_of(plan.trials[0], "method.prompt_tuning.learning_rate"),
            "0.1 ([method.prompt_tuning])");
  EXPECT_EQ(plan.trials[0].spec.label, "PT, short");
  EXPECT_EQ(plan.trials[0].spec.variant, "short");
  EXPECT_EQ(plan.trials[0].spec.method, "prompt_tuning");
  EXPECT_EQ(origin_of(plan.trials[1], "train.epochs"), "2.0 ([method.prompt_tuning])");
}

TEST(LayersTest, SourceTrainingHoldsForSourcesOnly) {
  const Plan plan = plan_of(R"(
[sources]
tasks = ["sst2"]
[sources.train]
epochs = 5
learning_rate = 0.2
[targets]
tasks = ["rte"]
methods = ["prompt_tuning"]
[train]
epochs = 9
)");
  EXPECT_EQ(origin_of(plan.trials[0], "train.epochs"), "5.0 ([sources.train])");
  EXPECT_DOUBLE_EQ(plan.trials[0].spec.train.optimizer.learning_rate, 0.2);
  EXPECT_EQ(origin_of(plan.trials[1], "train.epochs"), "9.0 ([train])");
}

TEST(LayersTest, TheLaterOfEpochsAndStepsHolds) {
  const Plan plan = plan_of(kTargets + "[train]\nmax_steps = 60\n");
  EXPECT_EQ(plan.trials[0].spec.train.total_steps, 60);
  EXPECT_EQ(origin_of(plan.trials[0], "train.epochs"), "");
  EXPECT_EQ(plan_of(kTargets + "[train]\nmax_steps = 60\n[task.rte]\nepochs = 1\n")
                .trials[0]
                .spec.train.total_steps,
            78);
  EXPECT_THAT(refusal_of(kTargets + "[train]\nmax_steps = 60\nepochs = 1\n"),
              HasSubstr("'epochs' and 'max_steps' both stand in [train]"));
}

TEST(LayersTest, OverridesHoldWhereTheirConditionDoes) {
  const Plan plan = plan_of(R"(
[sweep]
seeds = [1, 2]
[targets]
tasks = ["rte", "cola"]
methods = ["prompt_tuning", "fine_tuning"]
[[override]]
when = { method = "prompt_tuning", task = ["glue/cola"], seed = 2 }
set = { train.epochs = 40, method.prompt_tuning.learning_rate = 0.1 }
)");
  std::vector<std::string> changed;
  for (const PlannedTrial& trial : plan.trials) {
    if (origin_of(trial, "train.epochs").starts_with("40")) {
      changed.push_back(trial.spec.method + " " + trial.spec.tasks[0].name + " " +
                        std::to_string(trial.spec.seed));
      EXPECT_DOUBLE_EQ(trial.spec.train.optimizer.learning_rate, 0.1);
    }
  }
  EXPECT_THAT(changed, ElementsAre("prompt_tuning cola 2"));
}

TEST(LayersTest, CompatAuthorsSwitchesDefaultsOnly) {
  const std::string study = R"(
[sources]
tasks = ["sst2", "mnli"]
[targets]
tasks = ["rte"]
methods = ["prompt_tuning", "attempt"]
[data]
compat = "authors"
)";
  const Plan plan = plan_of(study);
  const PlannedTrial& tuning = *trials_of(plan, "target", "prompt_tuning")[0];
  EXPECT_EQ(tuning.spec.method_options.init, model::PromptInit::kUnitNormal);
  EXPECT_EQ(tuning.spec.train.optimizer.warmup_steps, 500);
  EXPECT_EQ(tuning.spec.train.optimizer.adamw_form, "hf46");
  EXPECT_EQ(tuning.spec.tasks[0].max_new_tokens, 19);
  const PlannedTrial& attempt = *trials_of(plan, "target", "attempt")[0];
  EXPECT_EQ(attempt.spec.method_options.pooling, model::Pooling::kAll);
  EXPECT_EQ(attempt.spec.method_options.start_source, "sst2");
  EXPECT_EQ(attempt.spec.trainable_parameters, 230400);
  const Plan set = plan_of(study, {"method.attempt.pooling=masked", "train.warmup_steps=10",
                                   "data.rules.generate.max_new_tokens=corrected"});
  const PlannedTrial& changed = *trials_of(set, "target", "attempt")[0];
  EXPECT_EQ(changed.spec.method_options.pooling, model::Pooling::kMasked);
  EXPECT_EQ(changed.spec.train.optimizer.warmup_steps, 10);
  EXPECT_EQ(changed.spec.tasks[0].max_new_tokens, 3);
}

TEST(LayersTest, DataRulesChangeDefaultsOfTheTasksAndMethodsTheyConcern) {
  const std::string study = R"(
[sources]
tasks = ["mnli"]
[targets]
tasks = ["multirc"]
methods = ["prompt_tuning", "spot", "adapter"]
)";
  const auto task_of = [](const Plan& plan, const std::string& method) {
    return trials_of(plan, "target", method)[0]->spec.tasks[0];
  };
  const Plan corrected = plan_of(study);
  EXPECT_EQ(task_of(corrected, "prompt_tuning").max_source_length, 348);
  EXPECT_EQ(task_of(corrected, "spot").max_source_length, 348);
  EXPECT_TRUE(task_of(corrected, "adapter").add_prefix);
  const Plan authors =
      plan_of(study, {"data.rules.multirc.max_source=authors", "data.rules.max_source.spot=authors",
                      "data.rules.prefix.adapter=authors"});
  EXPECT_EQ(task_of(authors, "prompt_tuning").max_source_length, 256);
  EXPECT_TRUE(task_of(authors, "prompt_tuning").add_prefix);
  EXPECT_EQ(task_of(authors, "spot").max_source_length, 128);
  EXPECT_FALSE(task_of(authors, "adapter").add_prefix);
}

TEST(LayersTest, SingleRulesWinOverCompat) {
  const Plan plan = plan_of(R"(
[targets]
tasks = ["stsb"]
methods = ["prompt_tuning"]
[data.rules]
"stsb.round" = "authors"
)");
  EXPECT_EQ(plan.trials[0].spec.data.rules.stsb_round, datasets::Rule::kAuthors);
  EXPECT_EQ(plan.trials[0].spec.data.rules.stsb_reference, datasets::Rule::kCorrected);
}

TEST(LayersTest, BuiltInVariantsAreOptionSets) {
  const Plan plan = plan_of(R"(
[sources]
tasks = ["mnli", "sst2"]
[targets]
tasks = ["rte"]
methods = ["attempt", "attempt:constant", "attempt:no_target", "attempt:single_source"]
)");
  const auto targets = trials_of(plan, "target");
  ASSERT_EQ(targets.size(), 4u);
  EXPECT_EQ(targets[1]->spec.trainable_parameters, 76800);
  EXPECT_EQ(targets[2]->spec.trainable_parameters, 155136);
  EXPECT_THAT(targets[3]->spec.method_options.mixed_sources, ElementsAre("mnli"));
  EXPECT_EQ(targets[1]->spec.variant, "attempt:constant");
}

}  // namespace
}  // namespace attempt::sweep::test
