#include <gmock/gmock.h>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::string kStudy = R"(
[sources]
tasks = ["mnli", "sst2"]
[targets]
tasks = ["rte"]
methods = ["spot"]
[method.spot]
choose = "weighted_top_k"
)";

/// The probe on a task: the source trial that is none of [sources].
const PlannedTrial& probe_on(const Plan& plan, const std::string& task) {
  for (const PlannedTrial& trial : plan.trials) {
    if (trial.spec.phase == "source" && trial.spec.tasks[0].name == task) return trial;
  }
  throw std::out_of_range("no probe on " + task);
}

std::string id_of(const std::vector<std::string>& set) {
  return trials_of(plan_of(kStudy, set), "target").at(0)->spec.trial_id;
}

TEST(SpotTest, TheProbeIsAShortSourceTrialOnTheTarget) {
  const Plan plan = plan_of(kStudy, {"method.spot.probe_steps=700", "sources.train.epochs=3",
                                     "sources.train.learning_rate=0.2"});
  const TrialSpec& probe = probe_on(plan, "rte").spec;
  EXPECT_EQ(probe.method, "prompt_tuning");
  EXPECT_EQ(probe.train.total_steps, 700);
  EXPECT_EQ(probe.train.evaluate_every_steps, 700);
  EXPECT_EQ(probe.train.patience, 0);
  EXPECT_DOUBLE_EQ(probe.train.optimizer.learning_rate, 0.2);
  EXPECT_EQ(probe.seed, trials_of(plan, "source")[0]->spec.seed);
  EXPECT_THAT(probe.depends_on, IsEmpty());
}

TEST(SpotTest, TheTrialDependsOnTheProbeAndAllSources) {
  const Plan plan = plan_of(kStudy);
  ASSERT_THAT(trials_of(plan, "source"), SizeIs(3));
  std::vector<std::string> sources;
  for (const PlannedTrial* trial : trials_of(plan, "source")) {
    sources.push_back(trial->spec.trial_id);
  }
  const TrialSpec& spec = trials_of(plan, "target")[0]->spec;
  EXPECT_THAT(spec.depends_on, UnorderedElementsAre(sources[0], sources[1], sources[2]));
  ASSERT_THAT(spec.sources, SizeIs(2));
  EXPECT_EQ(spec.sources[0].name, "mnli");
  EXPECT_EQ(spec.start_choice.probe, probe_on(plan, "rte").spec.trial_id);
  EXPECT_EQ(spec.start_choice.choice, SourceChoice::kWeightedTopK);
  EXPECT_EQ(spec.start_choice.top_k, 3);
  EXPECT_EQ(spec.method_options.start_source, kMadeStart);
  EXPECT_THAT(spec.start_choice.of_equal_start, ElementsAre("mnli", "sst2"));
  EXPECT_EQ(spec.start_choice.probe_start.seed, 42u);
  EXPECT_EQ(spec.trainable_parameters, 76800);
}

TEST(SpotTest, ASourceTrialThatEqualsTheProbeIsNeededOnce) {
  const Plan plan = plan_of(kStudy, {"targets.tasks=[\"sst2\"]", "sources.train.max_steps=1000",
                                     "sources.train.evaluate_every_steps=1000"});
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(2));
  const TrialSpec& spec = trials_of(plan, "target")[0]->spec;
  EXPECT_THAT(spec.depends_on, SizeIs(2));
  EXPECT_EQ(spec.start_choice.probe, spec.sources[1].trial_id);
}

TEST(SpotTest, OneProbeServesAllSpotTrialsOfATaskAndSeed) {
  const Plan plan = plan_of(R"(
[sweep]
seeds = [1, 2]
[sources]
tasks = ["mnli"]
[targets]
tasks = ["rte", "cb"]
methods = ["near", "mixed"]
[variant.near]
base = "spot"
choose = "most_similar"
[variant.mixed]
base = "spot"
choose = "weighted_top_k"
weights = "softmax"
[grid]
"method.spot.learning_rate" = [0.1, 0.3]
)");
  EXPECT_THAT(trials_of(plan, "target"), SizeIs(2 * 2 * 2 * 2));
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(2 + 2 * 2));
}

TEST(SpotTest, FixedPairingDrawsTheProbeAsItsSources) {
  const Plan plan =
      plan_of(kStudy, {"sources.pairing=fixed", "sources.seeds=[7]", "sweep.seeds=[1, 2]"});
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(3));
  EXPECT_EQ(probe_on(plan, "rte").spec.seed, 7u);
}

TEST(SpotTest, PromptsOfFilesAndOfOtherDrawsHaveNoKnownStart) {
  const Plan files = plan_of(kStudy, {"sources.prompts={ sst2 = \"sst2.npy\" }"});
  EXPECT_THAT(trials_of(files, "target")[0]->spec.start_choice.of_equal_start, ElementsAre("mnli"));
  const Plan labels = plan_of(kStudy, {"method.prompt_tuning.init=class_labels"});
  EXPECT_THAT(trials_of(labels, "target")[0]->spec.start_choice.of_equal_start, IsEmpty());
}

TEST(SpotTest, SettingsCountWhereTheyAreUsed) {
  const std::string fixed = id_of({"method.spot.choose=fixed"});
  for (const char* unused : {"method.spot.top_k=2", "method.spot.similarity=pairwise_cosine",
                             "method.spot.weights=softmax", "method.spot.probe_steps=500"}) {
    EXPECT_EQ(id_of({"method.spot.choose=fixed", unused}), fixed) << unused;
  }
  const std::string similar = id_of({"method.spot.choose=most_similar"});
  EXPECT_NE(similar, fixed);
  for (const char* unused : {"method.spot.top_k=2", "method.spot.weights=softmax",
                             "method.spot.source=sst2", "method.spot.resize=tile"}) {
    EXPECT_EQ(id_of({"method.spot.choose=most_similar", unused}), similar) << unused;
  }
  const std::string weighted = id_of({});
  for (const char* used : {"method.spot.top_k=2", "method.spot.similarity=pairwise_cosine",
                           "method.spot.weights=softmax", "method.spot.probe_steps=500",
                           "sources.tasks=[\"mnli\"]", "sources.train.epochs=3"}) {
    EXPECT_NE(id_of({used}), weighted) << used;
  }
}

TEST(SpotTest, AutoExcludeLeavesTheTargetsOwnPromptOut) {
  const Plan plan = plan_of(kStudy, {"targets.tasks=[\"sst2\"]", "sources.auto_exclude=true"});
  const TrialSpec& spec = trials_of(plan, "target")[0]->spec;
  ASSERT_THAT(spec.sources, SizeIs(1));
  EXPECT_EQ(spec.sources[0].name, "mnli");
}

TEST(SpotTest, NothingToChooseFromIsRefused) {
  EXPECT_THAT(refusal_of(kStudy, {"sources.tasks=[]"}),
              HasSubstr("'spot' on rte has no source prompts to choose from"));
}

TEST(SpotTest, PromptsOfAnotherLengthAreResizedWhenAsked) {
  const std::vector<std::string> longer = {"sources.train.prompt_length=120"};
  EXPECT_THAT(refusal_of(kStudy, longer), HasSubstr("ask for resize = \"truncate\""));
  const Plan plan = plan_of(kStudy, {longer[0], "method.spot.resize=truncate"});
  const TrialSpec& spec = trials_of(plan, "target")[0]->spec;
  EXPECT_EQ(spec.sources[0].resize, "truncate");
  EXPECT_EQ(spec.start_choice.probe_start.prompt_length, 120);
  const std::string shorter = "sources.train.prompt_length=20";
  EXPECT_THAT(refusal_of(kStudy, {shorter, "method.spot.resize=truncate"}),
              HasSubstr("ask for resize = \"tile\""));
  EXPECT_EQ(refusal_of(kStudy, {shorter, "method.spot.resize=tile"}), "");
}

}  // namespace
}  // namespace attempt::sweep::test
