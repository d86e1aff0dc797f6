#include "runner/sweep/expand.h"

#include <gmock/gmock.h>

#include <set>

#include "datasets/mixed_order.h"
#include "runner/sweep/trial_builder.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kStudy = R"(
[sweep]
seeds = [1, 2]
[sources]
tasks = ["mnli", "sst2", "squad"]
[targets]
tasks = ["rte", "mrpc"]
methods = ["frozen", "prompt_tuning", "spot", "attempt"]
)";

TEST(ExpandTest, CountsSourcesAndTargets) {
  const Plan plan = plan_of(kStudy);
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(3 * 2));
  EXPECT_THAT(trials_of(plan, "target"), SizeIs(4 * 2 * 2));
  EXPECT_EQ(plan.trials.front().spec.phase, "source");
  EXPECT_EQ(plan.trials.back().spec.phase, "target");
  EXPECT_THAT(plan.prepare, SizeIs(5));
  for (const PlannedTrial& trial : plan.trials) {
    EXPECT_THAT(trial.prepare_ids, SizeIs(1));
  }
}

TEST(ExpandTest, GivesEveryTrialItsOwnId) {
  std::set<std::string> ids;
  for (const PlannedTrial& trial : plan_of(kStudy).trials) {
    EXPECT_EQ(trial.spec.trial_id.size(), 32u);
    ids.insert(trial.spec.trial_id);
  }
  EXPECT_THAT(ids, SizeIs(22));
}

TEST(ExpandTest, PairsTargetsWithSourcesOfTheirSeed) {
  const Plan plan = plan_of(kStudy);
  for (const PlannedTrial* attempt : trials_of(plan, "target", "attempt")) {
    ASSERT_THAT(attempt->spec.depends_on, SizeIs(3));
    for (const PlannedTrial* source : trials_of(plan, "source")) {
      const auto& needed = attempt->spec.depends_on;
      const bool depends =
          std::find(needed.begin(), needed.end(), source->spec.trial_id) != needed.end();
      EXPECT_EQ(depends, source->spec.seed == attempt->spec.seed);
    }
  }
}

TEST(ExpandTest, FixedPairingUsesOneDraw) {
  const Plan plan = plan_of(R"(
[sweep]
seeds = [1, 2]
[sources]
tasks = ["mnli"]
pairing = "fixed"
seeds = [7]
[targets]
tasks = ["rte"]
methods = ["attempt"]
)");
  ASSERT_THAT(trials_of(plan, "source"), SizeIs(1));
  const std::string id = trials_of(plan, "source")[0]->spec.trial_id;
  EXPECT_EQ(trials_of(plan, "source")[0]->spec.seed, 7u);
  for (const PlannedTrial* trial : trials_of(plan, "target")) {
    EXPECT_THAT(trial->spec.depends_on, ElementsAre(id));
  }
  EXPECT_THAT(plan.warnings, testing::Contains(HasSubstr("conditional on that draw")));
}

TEST(ExpandTest, AttemptMixesAllSourcesAndStartsFromMnli) {
  const Plan plan = plan_of(kStudy);
  const TrialSpec& spec = trials_of(plan, "target", "attempt")[0]->spec;
  EXPECT_THAT(spec.method_options.mixed_sources, ElementsAre("mnli", "sst2", "squad"));
  EXPECT_EQ(spec.method_options.start_source, "mnli");
  EXPECT_EQ(spec.method_options.init, model::PromptInit::kSource);
  EXPECT_EQ(spec.trainable_parameters, 231936);
}

TEST(ExpandTest, QuestionAnsweringStartsFromSquad) {
  const Plan plan = plan_of(R"(
[sources]
tasks = ["mnli", "squad"]
[targets]
tasks = ["squad"]
methods = ["attempt", "spot"]
)");
  for (const PlannedTrial* trial : trials_of(plan, "target")) {
    EXPECT_EQ(trial->spec.method_options.start_source, "squad");
  }
}

TEST(ExpandTest, StartPromptMayLieOutsideTheMixture) {
  const Plan plan = plan_of(R"(
[sources]
tasks = ["mnli", "sst2"]
[targets]
tasks = ["rte"]
methods = ["attempt"]
[method.attempt]
sources = ["sst2"]
)");
  const TrialSpec& spec = trials_of(plan, "target")[0]->spec;
  EXPECT_THAT(spec.method_options.mixed_sources, ElementsAre("sst2"));
  EXPECT_EQ(spec.method_options.start_source, "mnli");
  EXPECT_THAT(spec.depends_on, SizeIs(2));
}

TEST(ExpandTest, AutoExcludeLeavesTheTargetsOwnPromptOut) {
  const Plan plan = plan_of(R"(
[sources]
tasks = ["mnli", "sst2"]
auto_exclude = true
[targets]
tasks = ["mnli", "rte"]
methods = ["attempt"]
)");
  const auto targets = trials_of(plan, "target");
  EXPECT_THAT(targets[0]->spec.method_options.mixed_sources, ElementsAre("sst2"));
  EXPECT_EQ(targets[0]->spec.method_options.start_source, "mnli");
  EXPECT_THAT(targets[1]->spec.method_options.mixed_sources, ElementsAre("mnli", "sst2"));
}

TEST(ExpandTest, ReadyMadePromptsReplaceSourceTrials) {
  const Plan plan = plan_of(R"(
[sources]
tasks = ["mnli", "sst2"]
prompts = { mnli = "mnli.h5", extra = "/prompts/extra.pt" }
[targets]
tasks = ["rte"]
methods = ["attempt"]
)");
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(1));
  const TrialSpec& spec = trials_of(plan, "target")[0]->spec;
  ASSERT_THAT(spec.sources, SizeIs(3));
  EXPECT_EQ(spec.sources[0].sha256, "digest-of-mnli.h5");
  EXPECT_TRUE(std::filesystem::path(spec.sources[0].path).is_absolute());
  EXPECT_EQ(spec.sources[1].name, "sst2");
  EXPECT_EQ(spec.sources[2].path, "/prompts/extra.pt");
  EXPECT_THAT(spec.depends_on, SizeIs(1));
}

TEST(ExpandTest, FrozenTrainsNothing) {
  const Plan plan = plan_of(kStudy);
  const TrialSpec& spec = trials_of(plan, "target", "frozen")[0]->spec;
  EXPECT_EQ(spec.train.total_steps, 0);
  EXPECT_EQ(spec.trainable_parameters, 0);
}

TEST(ExpandTest, CountsStepsAsPublished) {
  EXPECT_EQ(steps_of_epochs(20, datasets::steps_per_epoch({3668}, 32, {})), 2300);
  EXPECT_EQ(steps_of_epochs(20, datasets::steps_per_epoch({2490}, 32, {})), 1560);
  EXPECT_EQ(steps_of_epochs(20, datasets::steps_per_epoch({554}, 32, {})), 360);
  EXPECT_EQ(steps_of_epochs(20, datasets::steps_per_epoch({250}, 32, {})), 160);
  EXPECT_EQ(steps_of_epochs(0.5, datasets::steps_per_epoch({250}, 32, {})), 4);
  EXPECT_EQ(automatic_warmup(160), 10);
  EXPECT_EQ(automatic_warmup(60), 4);
  EXPECT_EQ(automatic_warmup(100000), 500);
}

TEST(ExpandTest, MarksARandomBackbone) {
  SampleInputs inputs;
  inputs.is_random = true;
  const Plan plan = plan_of(kStudy, inputs);
  EXPECT_THAT(plan.warnings, testing::Contains(HasSubstr("random backbone")));
  EXPECT_EQ(plan.trials[0].spec.model.note, "random backbone");
  EXPECT_FALSE(plan.trials[0].spec.comparable);
}

TEST(ExpandTest, SaysThatIdsAreProvisionalWithoutWeights) {
  SampleInputs inputs;
  inputs.has_all_files = false;
  EXPECT_THAT(plan_of(kStudy, inputs).warnings,
              testing::Contains(HasSubstr("trial ids are provisional")));
}

TEST(ExpandTest, ComparesOnlyPublishedRules) {
  const std::string targets = R"(
[targets]
tasks = ["rte", "stsb", "squad", "multirc"]
methods = ["prompt_tuning"]
)";
  const auto flags = [](const Plan& plan) {
    std::vector<bool> values;
    for (const PlannedTrial& trial : plan.trials) {
      values.push_back(trial.spec.comparable);
    }
    return values;
  };
  EXPECT_THAT(flags(plan_of(targets)), ElementsAre(true, false, false, false));
  EXPECT_THAT(flags(plan_of(targets, {"data.compat=published"})),
              ElementsAre(true, true, true, true));
  EXPECT_THAT(flags(plan_of(targets, {"data.max_train_examples=100"})),
              ElementsAre(false, false, false, false));
}

TEST(ExpandTest, ExpandsEverySweepOfTheRepository) {
  SampleInputs inputs;
  int sweeps = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(attempt::test::source_folder() / "sweeps")) {
    if (entry.path().extension() != ".toml") continue;
    ++sweeps;
    Plan plan;
    ASSERT_NO_THROW(plan = expand(config::read_sweep(entry.path(), {}), inputs)) << entry.path();
    const bool is_search = !plan.searches.empty();  // its targets follow from the results
    EXPECT_FALSE(trials_of(plan, is_search ? "search" : "target").empty()) << entry.path();
    EXPECT_THAT(plan.warnings, testing::Each(HasSubstr("conditional on that draw")))
        << entry.path();
  }
  EXPECT_EQ(sweeps, 18);
}

TEST(ExpandTest, ThePublishedGridIsWhole) {
  SampleInputs inputs;
  const std::filesystem::path sweeps = attempt::test::source_folder() / "sweeps";
  const Plan paper = expand(config::read_sweep(sweeps / "paper.toml", {}), inputs);
  EXPECT_THAT(trials_of(paper, "source"), SizeIs(6 * 3));
  EXPECT_THAT(trials_of(paper, "target"), SizeIs(21 * 10 * 3 + 10 * 3));
  EXPECT_THAT(paper.prepare, SizeIs(23));
}

TEST(ExpandTest, CapsTrainingExamples) {
  const Plan plan = plan_of(R"(
[targets]
tasks = ["rte", "mrpc"]
methods = ["prompt_tuning"]
[data]
max_train_examples = 1000
[task.mrpc]
max_train_examples = "all"
)");
  EXPECT_EQ(plan.trials[0].spec.tasks[0].train_examples, 1000);
  EXPECT_EQ(plan.trials[0].spec.train.total_steps, 640);
  EXPECT_EQ(plan.trials[1].spec.tasks[0].train_examples, 3668);
}

}  // namespace
}  // namespace attempt::sweep::test
