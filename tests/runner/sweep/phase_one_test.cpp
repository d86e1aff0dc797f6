#include <gmock/gmock.h>

#include <set>

#include "runner/sweep/plan_output.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kSources = "[sources]\ntasks = [\"mnli\", \"sst2\", \"squad\"]\n";

std::string targets(const std::string& method, const std::string& tasks = "\"rte\", \"cb\"") {
  return "[targets]\ntasks = [" + tasks + "]\nmethods = [\"" + method + "\"]\n";
}

std::vector<std::string> names_of(const PlannedTrial& trial) {
  std::vector<std::string> names;
  for (const TaskSpec& task : trial.spec.tasks) names.push_back(task.name);
  return names;
}

TEST(InitFromTest, OneTrialOnAllSourcesASeedStartsEveryTarget) {
  const Plan plan = plan_of("[sweep]\nseeds = [1, 2]\n" + kSources + targets("lora") +
                            "[method.lora]\ninit_from = \"sources\"\n");

  const auto first = trials_of(plan, "source", "lora");
  ASSERT_EQ(first.size(), 2U);
  EXPECT_THAT(names_of(*first[0]), ElementsAre("mnli", "sst2", "squad"));
  EXPECT_THAT(first[0]->spec.method_options.tasks, IsEmpty());
  const auto second = trials_of(plan, "target", "lora");
  ASSERT_EQ(second.size(), 4U);
  for (const PlannedTrial* target : second) {
    const PlannedTrial& start = *first[target->spec.seed == first[0]->spec.seed ? 0 : 1];
    EXPECT_THAT(target->spec.depends_on, ElementsAre(start.spec.trial_id));
    ASSERT_EQ(target->spec.starts.size(), 1U);
    EXPECT_EQ(target->spec.starts[0].tensors, TensorStart::kAll);
    EXPECT_EQ(target->spec.starts[0].trial_id, start.spec.trial_id);
    EXPECT_EQ(target->spec.trainable_parameters, start.spec.trainable_parameters);
  }
}

TEST(InitFromTest, EveryBaselineMayStartSo) {
  for (const std::string method : {"fine_tuning", "bitfit", "adapter", "lora", "ia3",
                                   "prompt_tuning", "p_tuning_v2", "prefix_tuning:direct"}) {
    const std::string base = method.substr(0, method.find(':'));
    const Plan plan = plan_of(kSources + targets(method, "\"rte\"") + "[method." + base +
                              "]\ninit_from = \"sources\"\n");
    ASSERT_EQ(trials_of(plan, "target").size(), 1U) << method;
    EXPECT_EQ(trials_of(plan, "target")[0]->spec.starts.size(), 1U) << method;
  }
}

TEST(InitFromTest, SoMayListsOfTasksThatShareAllTensors) {
  const auto list = [](const std::string& method) {
    return kSources +
           "[targets]\nmultitask = [{ name = \"two\", tasks = [\"rte\", \"cb\"], methods = [\"" +
           method + "\"] }]\n[method." + method + "]\ninit_from = \"sources\"\n";
  };
  EXPECT_EQ(trials_of(plan_of(list("lora_m")), "target")[0]->spec.starts.size(), 1U);
  EXPECT_THAT(refusal_of(list("adapter_m")), HasSubstr("tensors of different shapes"));
}

TEST(InitFromTest, IdsCoverTheStart) {
  const std::string toml = kSources + targets("lora", "\"rte\"");
  const auto id = [&](const std::vector<std::string>& set) {
    return trials_of(plan_of(toml, set), "target")[0]->spec.trial_id;
  };
  const std::string init = "method.lora.init_from=sources";
  const std::set<std::string> ids = {id({}), id({init}),
                                     id({init, "sources.tasks=[\"mnli\", \"sst2\"]"}),
                                     id({init, "sources.train.epochs=3"})};
  EXPECT_EQ(ids.size(), 4U);
}

TEST(InitFromTest, SourcePromptsAndTheirSettingsStayTheirOwn) {
  const Plan plan = plan_of(kSources + "[sources.train]\nlearning_rate = 0.9\nepochs = 2\n" +
                                targets("prompt_tuning", "\"rte\"") +
                                "[method.lora]\ninit_from = "
                                "\"sources\"\n[method.prompt_tuning]\ninit_from = \"sources\"\n",
                            {"targets.methods=[\"prompt_tuning\", \"lora\"]"});
  const auto mixture = trials_of(plan, "source", "lora");
  ASSERT_EQ(mixture.size(), 1U);
  EXPECT_EQ(origin_of(*mixture[0], "method.lora.learning_rate"), "3e-04 (method default)");
  EXPECT_EQ(origin_of(*mixture[0], "train.epochs"), "2.0 ([sources.train])");
  EXPECT_EQ(trials_of(plan, "source", "prompt_tuning").size(), 4U);
  for (const PlannedTrial* prompt : trials_of(plan, "source", "prompt_tuning")) {
    EXPECT_THAT(prompt->spec.starts, IsEmpty());
  }
}

TEST(InitFromTest, AxesOfShapesReachBothAxesOfTrainingTheTargetAlone) {
  const Plan plan = plan_of(kSources + targets("lora", "\"rte\"") +
                            "[method.lora]\ninit_from = \"sources\"\n[grid]\n"
                            "\"method.lora.rank\" = [4, 8]\n"
                            "\"method.lora.learning_rate\" = [0.1, 0.2]\n");
  EXPECT_EQ(trials_of(plan, "target", "lora").size(), 4U);
  EXPECT_EQ(trials_of(plan, "source", "lora").size(), 2U);
}

TEST(InitFromTest, RefusesWhatHasNoStart) {
  EXPECT_THAT(refusal_of(targets("lora") + "[method.lora]\ninit_from = \"sources\"\n"),
              AllOf(HasSubstr("[sources] names no tasks"), HasSubstr("Add [sources] tasks")));
  EXPECT_THAT(refusal_of(kSources + targets("prefix_tuning") +
                         "[method.prefix_tuning]\ninit_from = \"sources\"\n"),
              HasSubstr("Set reparametrise = false"));
  EXPECT_THAT(refusal_of(kSources +
                         "[targets]\nmultitask = [{ name = \"two\", tasks = [\"rte\", \"cb\"], "
                         "methods = [\"prefix_tuning_m\"] }]\n[method.prefix_tuning_m]\ninit_from "
                         "= \"sources\"\n"),
              HasSubstr("Set reparametrise = false"));
  EXPECT_THAT(refusal_of(kSources + targets("prefix_tuning:peft") +
                         "[method.prefix_tuning]\ninit_from = \"sources\"\n"),
              HasSubstr("Set layout = \"full\""));
  EXPECT_THAT(refusal_of(kSources + targets("prompt_tuning") +
                         "[method.prompt_tuning]\ninit_from = \"sources\"\nprompt_encoder = "
                         "\"mlp\"\n"),
              HasSubstr("Set prompt_encoder = \"none\""));
  EXPECT_THAT(refusal_of(kSources + targets("lora") +
                         "[method.lora]\ninit_from = \"sources\"\n[[override]]\nwhen = { phase = "
                         "\"source\" }\nset = { method.lora.rank = 2 }\n"),
              HasSubstr("tensors of different shapes"));
}

TEST(GInitTest, GIsTrainedOnceASeedOnTheSourceTasksWithTheirPrompts) {
  const Plan plan = plan_of(kSources + targets("attempt") +
                            "[method.attempt]\ng_init = \"pretrained\"\ng_hidden = 50\n");

  const auto first = trials_of(plan, "source", "attempt_m");
  ASSERT_EQ(first.size(), 1U);
  const TrialSpec& spec = first[0]->spec;
  EXPECT_THAT(names_of(*first[0]), ElementsAre("mnli", "sst2", "squad"));
  EXPECT_THAT(spec.method_options.mixed_sources, ElementsAre("mnli", "sst2", "squad"));
  EXPECT_THAT(spec.method_options.task_start_sources, ElementsAre("mnli", "sst2", "squad"));
  EXPECT_EQ(spec.method_options.g_hidden, 50);
  EXPECT_TRUE(spec.method_options.g_exclude_own);
  EXPECT_EQ(spec.depends_on.size(), 3U);
  EXPECT_EQ(spec.tasks[0].max_train_examples, 100000);
  EXPECT_EQ(origin_of(*first[0], "train.epochs"), "1.0 (g_init = \"pretrained\")");
  for (const PlannedTrial* target : trials_of(plan, "target", "attempt")) {
    ASSERT_EQ(target->spec.starts.size(), 1U);
    EXPECT_EQ(target->spec.starts[0].tensors, TensorStart::kG);
    EXPECT_EQ(target->spec.starts[0].trial_id, spec.trial_id);
    EXPECT_THAT(target->spec.depends_on, testing::Contains(spec.trial_id));
  }
  EXPECT_THAT(plan_text(plan, /*with_values=*/false),
              HasSubstr(" G:" + spec.trial_id.substr(0, 8)));
}

TEST(GInitTest, GIsTrainedOnTheDeepPromptsThatTheTargetMixes) {
  const Plan plan = plan_of(kSources + targets("attempt:deep_per_layer_attention", "\"rte\"") +
                            "[method.attempt]\ng_init = \"pretrained\"\ndeep_mode = \"add\"\n"
                            "layers = [0, 3]\nresize = \"tile\"\n");
  const auto first = trials_of(plan, "source", "attempt_m");
  ASSERT_EQ(first.size(), 1U);
  const model::MethodOptions& options = first[0]->spec.method_options;
  EXPECT_EQ(options.deep, model::DeepKind::kPrompts);
  EXPECT_EQ(options.deep_mode, model::DeepMode::kAdd);
  EXPECT_EQ(options.deep_attention, model::DeepAttention::kPerLayer);
  EXPECT_THAT(options.deep_layers, ElementsAre(0, 3));
}

TEST(GInitTest, ItMayBeAFileWhoseContentEntersTheId) {
  const std::string toml = kSources + targets("attempt", "\"rte\"");
  const auto target = [&](const std::vector<std::string>& set) {
    return *trials_of(plan_of(toml, set), "target")[0];
  };
  const PlannedTrial a = target({"method.attempt.g_init=file", "method.attempt.g_init_file=a.h5"});
  const PlannedTrial b = target({"method.attempt.g_init=file", "method.attempt.g_init_file=b.h5"});
  EXPECT_EQ(a.spec.starts.at(0).sha256, "digest-of-a.h5");
  EXPECT_NE(a.spec.trial_id, b.spec.trial_id);
  EXPECT_EQ(target({"method.attempt.g_init_file=a.h5"}).spec.trial_id, target({}).spec.trial_id);
  EXPECT_THAT(refusal_of(toml, {"method.attempt.g_init=file"}), HasSubstr("no file is named"));
  EXPECT_THAT(
      refusal_of(toml, {"method.attempt.g_init=file", "method.attempt.g_init_file=missing.h5"}),
      HasSubstr("cannot be read"));
}

TEST(GInitTest, OneSourceLeavesNothingToChooseFrom) {
  EXPECT_THAT(refusal_of("[sources]\ntasks = [\"mnli\"]\n" + targets("attempt") +
                         "[method.attempt]\ng_init = \"pretrained\"\n"),
              HasSubstr("Name at least two in [sources] tasks"));
}

TEST(GInitTest, WithoutGItHasNoEffect) {
  const std::string toml =
      kSources + targets("attempt", "\"rte\"") + "[method.attempt]\nattention = \"constant\"\n";
  EXPECT_THAT(trials_of(plan_of(toml, {"method.attempt.g_init=pretrained"}), "source", "attempt_m"),
              IsEmpty());
}

}  // namespace
}  // namespace attempt::sweep::test
