#include "runner/sweep/trial_spec.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "runner/config/sweep_file.h"
#include "runner/sweep/plan_output.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kStudy = R"(
[sweep]
seeds = { count = 2 }
[sources]
tasks = ["mnli", "sst2"]
prompts = { extra = "extra.pt" }
[targets]
tasks = ["rte", "yelp"]
methods = ["frozen", "fine_tuning", "prompt_tuning", "spot", "attempt", "uniform"]
[variant.uniform]
base = "attempt"
attention = "constant"
label = "uniform \"weights\""
[task.rte]
files = { train = "a.tsv", validation = "b.tsv" }
[data.rules]
"decode.cleanup" = "authors"
[[override]]
when = { task = "rte", method = ["attempt", "uniform"] }
set = { train.max_steps = 100 }
[grid]
"train.learning_rate_scale" = [0.5, 1]
)";

TEST(TrialSpecTest, ReadsBackWhatItWrites) {
  const Plan plan = plan_of(kStudy);
  for (const PlannedTrial& trial : plan.trials) {
    const json written = trial.spec;
    const TrialSpec read = json::parse(written.dump()).get<TrialSpec>();
    EXPECT_EQ(json(read), written);
    EXPECT_EQ(read.tasks[0].max_train_examples, trial.spec.tasks[0].max_train_examples);
    EXPECT_EQ(read.method_options.attention, trial.spec.method_options.attention);
    EXPECT_EQ(read.data.rules.decode_cleanup, datasets::Rule::kAuthors);
  }
}

TEST(TrialSpecTest, RefusesMissingFieldsAndOtherVersions) {
  const json written = plan_of(kStudy).trials[0].spec;
  for (const auto& [key, value] : written.items()) {
    json damaged = written;
    damaged.erase(key);
    EXPECT_ANY_THROW(damaged.get<TrialSpec>()) << key;
  }
  json later = written;
  later["spec_version"] = 2;
  EXPECT_THROW(later.get<TrialSpec>(), std::invalid_argument);
  json word = written;
  word["method_options"]["pooling"] = "mean";
  EXPECT_THROW(word.get<TrialSpec>(), std::invalid_argument);
}

/// A change here makes every finished trial of every user run again: raise a semantics_version of
/// a method instead, or leave the new setting out where it has its default.
TEST(TrialSpecTest, IdsNeverChange) {
  const Plan plan = plan_of(R"(
[sources]
tasks = ["mnli"]
[targets]
tasks = ["rte"]
methods = ["frozen", "fine_tuning", "prompt_tuning", "spot", "attempt", "attempt:constant"]
)");
  std::vector<std::string> ids;
  for (const PlannedTrial& trial : plan.trials) {
    ids.push_back(trial.spec.method + " " + trial.spec.trial_id);
  }
  EXPECT_THAT(ids, testing::ElementsAre("prompt_tuning bc45cce56502a3faa0d78c9771944d20",
                                        "frozen 4f0fc3f4274de40c6ce27869eb12b0f9",
                                        "fine_tuning 6888aa0a15542f9e6d392ce8008eb5b4",
                                        "prompt_tuning da824200fb0ab83fdc9c64edbf30e771",
                                        "spot 4280f9cff6ba1ffc2407fe5aba2084f2",
                                        "attempt 3d8de2946c2577f74ebe0ba5afda1fd7",
                                        "attempt cf785c1c53aa770250a1d86762d4da9c"));
}

TEST(TrialSpecTest, IdsDependOnResultsOnly) {
  const auto id_of = [](const std::vector<std::string>& set) {
    return plan_of("[targets]\ntasks = [\"rte\"]\nmethods = [\"prompt_tuning\"]\n", set)
        .trials.at(0)
        .spec.trial_id;
  };
  const std::string id = id_of({});
  for (const char* same :
       {"model.path=/elsewhere", "data.root=/data", "data.cache=/cache", "sweep.name=other",
        "limits.max_attempts=9", "resources.threads_per_trainer=3", "train.micro_batch=4",
        "train.checkpoint_every_seconds=60", "sweep.keep_predictions=false",
        "sweep.save_parameters=all", "train.epochs=20.0", "train.warmup_steps=auto",
        "model.dropout=0.1", "data.max_train_examples=all",
        "method.prompt_tuning.weight_decay=1e-5", "data.rules.stsb.round=authors",
        "train.adafactor_form=t5x"}) {
    EXPECT_EQ(id_of({same}), id) << same;
  }
  for (const char* other :
       {"sweep.seeds=[43]", "train.epochs=19", "train.batch_size=16", "model.precision=bf16",
        "data.shuffle=false", "train.length_buckets=true", "method.prompt_tuning.learning_rate=0.2",
        "model.dropout=0.0", "data.rules.decode.cleanup=authors", "task.rte.add_prefix=false",
        "method.prompt_tuning.init=random"}) {
    EXPECT_NE(id_of({other}), id) << other;
  }
}

TEST(TrialSpecTest, EffectiveSweepGivesTheSamePlan) {
  const std::vector<std::string> set = {"train.epochs=3", "sweep.seeds=[1, 2, 3]",
                                        "method.attempt.temperature=700"};
  const Plan first = plan_of(kStudy, set);
  const Plan second = plan_of(first.effective_toml);
  EXPECT_EQ(plan_json(second)["trials"], plan_json(first)["trials"]);
  EXPECT_EQ(second.effective_toml, first.effective_toml);
  EXPECT_EQ(second.trials[0].spec.data.root, first.trials[0].spec.data.root);
  EXPECT_EQ(second.trials[0].spec.model.folder, first.trials[0].spec.model.folder);
}

TEST(TrialSpecTest, PlanJsonHasTheAgreedMembers) {
  const json plan = plan_json(plan_of(kStudy));
  for (const char* key :
       {"trial_id", "phase", "method", "variant", "tasks", "seed", "trainable_parameters",
        "prompt_rows", "total_steps", "train_examples", "validation_examples", "test_examples",
        "selection_metric", "depends_on", "estimated_seconds", "config"}) {
    EXPECT_TRUE(plan.at("trials").at(0).contains(key)) << key;
  }
  EXPECT_EQ(plan.at("totals").at("trials"), plan.at("trials").size());
  EXPECT_TRUE(plan.at("warnings").is_array());
}

TEST(TrialSpecTest, PlanTextNamesTrialsAndOrigins) {
  const Plan plan = plan_of(kStudy);
  const std::string text = plan_text(plan, /*with_values=*/true);
  EXPECT_THAT(text, HasSubstr(plan.trials[0].spec.trial_id.substr(0, 8)));
  EXPECT_THAT(text, HasSubstr("train.max_steps = 100  ([[override]] 1)"));
  EXPECT_THAT(text, HasSubstr("4 source"));
}

}  // namespace
}  // namespace attempt::sweep::test
