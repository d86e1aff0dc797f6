#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "runner/config/config_error.h"
#include "runner/sweep/plan_output.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kSources = "[sources]\ntasks = [\"mnli\", \"sst2\", \"squad\"]\n";

std::string lists(const std::string& text) {
  return kSources + "[targets]\nmultitask = [" + text + "]\n";
}

std::string list(const std::string& methods, const std::string& tasks = "\"rte\", \"nq\"",
                 const std::string& name = "pair") {
  return "{ name = \"" + name + "\", tasks = [" + tasks + "], methods = [" + methods + "] }";
}

const PlannedTrial& only_target(const Plan& plan) {
  const auto targets = trials_of(plan, "target");
  EXPECT_EQ(targets.size(), 1U);
  return *targets.at(0);
}

std::string id_of(const std::string& toml, const std::vector<std::string>& set = {}) {
  return only_target(plan_of(toml, set)).spec.trial_id;
}

TEST(MultiTaskTest, OneTrialAListMethodAndSeed) {
  const Plan plan = plan_of("[sweep]\nseeds = [1, 2]\n" + lists(list("\"attempt_m\", \"lora_m\"")));

  ASSERT_EQ(trials_of(plan, "target").size(), 4U);
  const PlannedTrial& trial = *trials_of(plan, "target", "attempt_m").at(1);
  EXPECT_EQ(trial.spec.seed, 2U);
  ASSERT_EQ(trial.spec.tasks.size(), 2U);
  EXPECT_EQ(trial.spec.tasks[0].name, "rte");
  EXPECT_EQ(trial.spec.tasks[1].name, "nq");
  EXPECT_EQ(trial.spec.tasks[1].max_target_length, 128);
  EXPECT_THAT(trial.spec.method_options.tasks, ElementsAre("rte", "nq"));
  EXPECT_EQ(trial.spec.depends_on.size(), 3U);
  EXPECT_EQ(trial.prepare_ids.size(), 2U);
  EXPECT_EQ(trial.selection_metric, "mean(rte accuracy, nq mean(exact_match, f1))");
  EXPECT_EQ(trial.spec.label, "ATTEMPT, multi-task");
}

TEST(MultiTaskTest, RowsOfTablesTellTheValuesOfATasksAxisApart) {
  const auto labels = [](const std::string& axis) {
    std::set<std::string> found;
    const Plan plan = plan_of(lists(list("\"lora_m\"")) + "[grid]\n" + axis + "\n");
    for (const PlannedTrial* trial : trials_of(plan, "target")) found.insert(trial->spec.label);
    return found;
  };
  EXPECT_THAT(labels("\"task.rte.max_source_length\" = [64, 128]"),
              ElementsAre("LoRA, multi-task, rte max_source_length 128",
                          "LoRA, multi-task, rte max_source_length 64"));
}

TEST(MultiTaskTest, IdsTellSourcesOfOtherNamesApartWhereARowLeavesOutItsOwn) {
  const auto id = [](const std::string& name, const std::string& exclude) {
    return only_target(plan_of("[sources]\ntasks = [\"mnli\"]\n[sources.prompts]\n" + name +
                               " = \"p.npy\"\n[targets]\nmultitask = [" + list("\"attempt_m\"") +
                               "]\n[method.attempt_m]\ntarget_init = \"mnli\"\n"
                               "g_exclude_own = " +
                               exclude + "\n"))
        .spec.trial_id;
  };
  EXPECT_EQ(id("rte", "false"), id("other", "false"));
  EXPECT_NE(id("rte", "true"), id("other", "true"));
}

TEST(MultiTaskTest, EveryTaskStartsFromItsOwnDefaultSource) {
  const auto starts = [](const std::vector<std::string>& set) {
    return only_target(plan_of(lists(list("\"attempt_m\"")), set))
        .spec.method_options.task_start_sources;
  };
  EXPECT_THAT(starts({}), ElementsAre("mnli", "squad"));
  EXPECT_THAT(starts({"method.attempt_m.target_init=first"}), ElementsAre("mnli", "mnli"));
  EXPECT_THAT(starts({"data.compat=authors", "train.warmup_steps=5"}), ElementsAre("mnli", "mnli"));
  EXPECT_THAT(starts({"method.attempt_m.target_init=sst2"}), ElementsAre("sst2", "sst2"));
  EXPECT_THAT(starts({"method.attempt_m.target_init=sampled_vocab"}), IsEmpty());
  EXPECT_THAT(only_target(plan_of(lists(list("\"attempt_m\"", "\"sst2\", \"mnli\"")),
                                  {"method.attempt_m.target_init=own"}))
                  .spec.method_options.task_start_sources,
              ElementsAre("sst2", "mnli"));
}

TEST(MultiTaskTest, PlansShowAllTasks) {
  const Plan plan = plan_of(lists(list("\"prompt_tuning_m\"")));
  EXPECT_THAT(plan_text(plan, /*with_values=*/false), HasSubstr("rte+nq"));
  const nlohmann::json json = plan_json(plan);
  const nlohmann::json& trial = json["trials"].back();
  EXPECT_EQ(trial["tasks"], nlohmann::json({"rte", "nq"}));
  const auto& tasks = only_target(plan).spec.tasks;
  EXPECT_EQ(trial["train_examples"], tasks[0].train_examples + tasks[1].train_examples);
}

TEST(MultiTaskTest, AListMayStandAloneOrBesideSingleTasks) {
  EXPECT_EQ(refusal_of("[targets]\nmultitask = [" + list("\"lora_m\"") + "]\n"), "");
  const Plan plan =
      plan_of(lists(list("\"lora_m\"")) + "tasks = [\"rte\"]\nmethods = [\"lora\"]\n");
  EXPECT_EQ(trials_of(plan, "target").size(), 2U);
}

TEST(MultiTaskTest, SeveralListsAreToldApartByTheirNames) {
  const Plan plan =
      plan_of(lists(list("\"lora_m\"") + ", " + list("\"lora_m\"", "\"cb\", \"rte\"", "other")));
  EXPECT_EQ(trials_of(plan, "target").at(0)->spec.label, "LoRA, multi-task (pair)");
  EXPECT_EQ(trials_of(plan, "target").at(1)->spec.label, "LoRA, multi-task (other)");
}

TEST(MultiTaskTest, IdsCoverTheTasksInTheirOrderAndWhatTheySet) {
  const std::string toml = lists(list("\"attempt_m\""));
  std::set<std::string> ids = {
      id_of(toml),
      id_of(lists(list("\"attempt_m\"", "\"nq\", \"rte\""))),
      id_of(lists(list("\"attempt_m\"", "\"rte\", \"nq\", \"cb\""))),
      id_of(toml, {"task.nq.max_source_length=100"}),
      id_of(toml, {"task.rte.max_source_length=100"}),
      id_of(toml, {"train.mixing=temperature"}),
      id_of(toml, {"train.mixing=temperature", "train.mixing_temperature=2"}),
      id_of(toml, {"train.batches=single_task"}),
      id_of(toml, {"train.max_examples_per_task=50"}),
      id_of(toml, {"train.loss_weight=example"}),
      id_of(toml, {"train.label_smoothing=0.1"}),
      id_of(toml, {"method.attempt_m.target_init=mnli"})};
  EXPECT_EQ(ids.size(), 12U);
  EXPECT_EQ(id_of(toml, {"train.mixing_temperature=2"}), id_of(toml));
  EXPECT_EQ(id_of(lists(list("\"attempt_m\"", "\"rte\", \"nq\"", "renamed"))), id_of(toml));
}

TEST(MultiTaskTest, MixingSettingsLeaveSingleTaskTrialsAlone) {
  const Plan plan = plan_of(kSources +
                            "[targets]\ntasks = [\"rte\"]\nmethods = [\"lora\"]\n"
                            "multitask = [" +
                            list("\"lora_m\"") +
                            "]\n[grid]\n"
                            "\"train.loss_weight\" = [\"token\", \"example\"]\n");
  EXPECT_EQ(trials_of(plan, "target", "lora").size(), 1U);
  EXPECT_EQ(trials_of(plan, "target", "lora_m").size(), 2U);
}

TEST(MultiTaskTest, StepsAndCapsFollowTheMixture) {
  const std::string toml = lists(list("\"lora_m\"", "\"rte\", \"cb\""));  // 2490 and 250 rows
  const auto steps = [&](std::vector<std::string> set) {
    set.push_back("train.epochs=1");
    return only_target(plan_of(toml, set)).spec.train.total_steps;
  };
  EXPECT_EQ(steps({}), 86);  // ceil(2740 / 32)
  EXPECT_EQ(steps({"train.batches=single_task"}), 78 + 8);
  EXPECT_EQ(steps({"train.max_examples_per_task=250"}), 16);  // ceil(500 / 32)
  EXPECT_EQ(steps({"train.max_examples_per_task=250", "task.rte.max_train_examples=150"}), 13);
}

TEST(MultiTaskTest, SettingsOfOneTaskReachThatTaskAlone) {
  const Plan plan =
      plan_of(lists(list("\"lora_m\"", "\"rte\", \"cb\"")) +
              "[task.rte]\nmax_source_length = 99\nepochs = 3\n"
              "[[override]]\nwhen = { task = [\"rte\", \"cb\"] }\nset = { train.batch_size = 16 }\n"
              "[[override]]\nwhen = { task = \"rte\" }\nset = { train.batch_size = 8 }\n"
              "[[override]]\nwhen = { task = \"cb\" }\nset = { task.cb.max_target_length = 9 }\n");
  const PlannedTrial& trial = only_target(plan);
  EXPECT_EQ(trial.spec.tasks[0].max_source_length, 99);
  EXPECT_EQ(trial.spec.tasks[1].max_source_length, 256);
  EXPECT_EQ(trial.spec.tasks[1].max_target_length, 9);
  EXPECT_EQ(trial.spec.train.batch_size, 16);
  EXPECT_EQ(origin_of(trial, "train.epochs"), "20 (default)");
  EXPECT_EQ(origin_of(trial, "task.rte.max_source_length"), "99 ([task.rte])");
  EXPECT_EQ(origin_of(trial, "task.cb.max_source_length"), "256 (task default)");
}

TEST(MultiTaskTest, HyperFormerTrainsAsPublished) {
  const PlannedTrial trial = only_target(plan_of(lists(list("\"hyperformer\""))));
  EXPECT_EQ(trial.spec.train.total_steps, 65536);
  EXPECT_EQ(trial.spec.train.batch_size, 128);
  EXPECT_EQ(trial.spec.train.evaluate_every_steps, 1000);
  EXPECT_EQ(trial.spec.train.label_smoothing, 0.1);
  EXPECT_EQ(trial.spec.train.mixing.mixing, "temperature");
  EXPECT_EQ(trial.spec.train.mixing.temperature, 10);
  EXPECT_EQ(trial.spec.train.mixing.batches, "single_task");
  EXPECT_GT(only_target(plan_of(lists(list("\"hyperformer\"")), {"train.epochs=1"}))
                .spec.train.total_steps,
            0);
}

TEST(MultiTaskTest, TheAuthorsSelectByTheFirstTask) {
  const auto trial = only_target(plan_of(lists(list("\"lora_m\"")), {"data.compat=authors"}));
  EXPECT_EQ(trial.spec.train.mixing.selection, "first");
  EXPECT_EQ(trial.selection_metric, "rte accuracy");
}

TEST(MultiTaskTest, CountsAreThoseOfTheMethodTable) {
  const std::string eight =
      "\"mnli\", \"qqp\", \"qnli\", \"sst2\", \"stsb\", \"mrpc\", \"rte\", \"cola\"";
  const auto count = [&](const std::string& method) {
    return only_target(plan_of(lists(list("\"" + method + "\"", eight)))).spec.trainable_parameters;
  };
  EXPECT_EQ(count("attempt_m"), 769'536);
  EXPECT_EQ(count("fine_tuning_m"), 222'903'552);
  EXPECT_EQ(count("adapter_m"), 14'507'520);
  EXPECT_EQ(count("prompt_tuning_m"), 76'800);
  EXPECT_EQ(count("hyperformer"), 5'211'056);
}

TEST(MultiTaskTest, OneTaskIsAWarning) {
  EXPECT_THAT(plan_of(lists(list("\"lora_m\"", "\"rte\""))).warnings,
              Contains(HasSubstr("holds one task (rte)")));
}

TEST(MultiTaskTest, RefusesWhatCannotBeTrainedTogether) {
  EXPECT_THAT(refusal_of("[targets]\ntasks = [\"rte\"]\nmethods = [\"attempt_m\"]\n"),
              AllOf(HasSubstr("has no list of tasks"), HasSubstr("Write multitask = [{ name"),
                    HasSubstr("methods = [\"attempt_m\"]")));
  EXPECT_THAT(refusal_of("[targets]\ntasks = [\"rte\"]\nmethods = [\"hyperformer\"]\n"),
              HasSubstr("'hyperformer' in 'targets.methods' has no list of tasks"));
  EXPECT_THAT(refusal_of(lists(list("\"attempt\""))),
              AllOf(HasSubstr("trains one task"), HasSubstr("Write 'attempt_m'")));
  EXPECT_THAT(refusal_of(lists(list("\"spot\""))), HasSubstr("Use one of"));
  EXPECT_THAT(refusal_of(lists("{ name = \"a\", task = [\"rte\"] }")),
              AllOf(HasSubstr("Did you mean 'tasks'?"), HasSubstr("has no 'tasks'"),
                    HasSubstr("has no 'methods'")));
  EXPECT_THAT(refusal_of(lists(list("\"lora_m\"", "\"rte\", \"glue/rte\""))),
              HasSubstr("names 'rte' twice"));
  EXPECT_THAT(refusal_of(lists(list("\"lora_m\"") + ", " + list("\"ia3_m\""))),
              HasSubstr("are named 'pair'"));
  EXPECT_THAT(refusal_of(lists("{ tasks = [\"rte\"], methods = [\"lora_m\"] }")),
              HasSubstr("has no name"));
  EXPECT_THAT(refusal_of(lists("3")), HasSubstr("holds an integer"));
}

TEST(MultiTaskTest, ExcludesTheSourcesOfAllItsTasks) {
  const auto mixed = only_target(plan_of(lists(list("\"attempt_m\"", "\"sst2\", \"rte\"")),
                                         {"sources.auto_exclude=true"}))
                         .spec.method_options.mixed_sources;
  EXPECT_THAT(mixed, ElementsAre("mnli", "squad"));
}

}  // namespace
}  // namespace attempt::sweep::test
