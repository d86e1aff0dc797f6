#include <gmock/gmock.h>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kStudy = R"(
[sources]
tasks = ["mnli", "sst2", "squad"]
prompts = { extra = "extra.npy" }
[targets]
tasks = ["rte"]
methods = ["attempt"]
[method.attempt]
)";

std::vector<std::string> mixed(const std::string& sources) {
  return trials_of(plan_of(kStudy + sources), "target")[0]->spec.method_options.mixed_sources;
}

TEST(SourceNamesTest, AListNamesTasksAndReadyMadePromptsInItsOrder) {
  EXPECT_THAT(mixed("sources = [\"extra\", \"glue/sst2\", \"mnli\"]"),
              ElementsAre("extra", "sst2", "mnli"));
}

TEST(SourceNamesTest, ChangesAreRelativeToTheListOfTasks) {
  EXPECT_THAT(mixed("sources = { remove = [\"mnli\"] }"), ElementsAre("sst2", "squad"));
  EXPECT_THAT(mixed("sources = { add = [\"extra\"], remove = [\"sst2\"] }"),
              ElementsAre("mnli", "squad", "extra"));
}

TEST(SourceNamesTest, EqualMixturesAreOneTrialHoweverTheyAreNamed) {
  const auto id = [](const std::string& sources) {
    return trials_of(plan_of(kStudy + sources), "target")[0]->spec.trial_id;
  };
  EXPECT_EQ(id("sources = { remove = [\"squad\"] }"), id("sources = [\"mnli\", \"sst2\"]"));
  EXPECT_NE(id("sources = { remove = [\"squad\"] }"), id("sources = [\"sst2\", \"mnli\"]"));
}

TEST(SourceNamesTest, AChangeReadsBackFromTheEffectiveSweep) {
  const Plan first = plan_of(kStudy + "sources = { add = [\"extra\"], remove = [\"sst2\"] }");
  const Plan second = plan_of(first.effective_toml);
  EXPECT_EQ(trials_of(second, "target")[0]->spec.trial_id,
            trials_of(first, "target")[0]->spec.trial_id);
}

TEST(SourceNamesTest, ChangesMayBeAnAxis) {
  const Plan plan = plan_of(kStudy +
                            "[grid]\n\"method.attempt.sources\" = [{ remove = [\"mnli\"] }, "
                            "{ remove = [\"sst2\"] }, { remove = [\"squad\"] }]\n");
  EXPECT_EQ(trials_of(plan, "target").size(), 3u);
}

TEST(SourceNamesTest, NamesThatDoNotFitAreRefusedWithTheChoices) {
  EXPECT_THAT(refusal_of(kStudy + "sources = [\"cola\"]"),
              AllOf(HasSubstr("source prompt 'cola' is not there"),
                    HasSubstr("[sources] gives mnli, sst2, squad, extra")));
  EXPECT_THAT(refusal_of(kStudy + "sources = { add = [\"cola\"] }"),
              HasSubstr("source prompt 'cola' is not there"));
  EXPECT_THAT(refusal_of(kStudy + "sources = { add = [\"mnli\"] }"),
              HasSubstr("source prompt 'mnli' would be mixed twice"));
  EXPECT_THAT(refusal_of(kStudy + "sources = { remove = [\"extra\"] }"),
              HasSubstr("source prompt 'extra' cannot be removed"));
  EXPECT_THAT(refusal_of(kStudy + "sources = { ad = [\"mnli\"] }"),
              AllOf(HasSubstr("unknown key 'method.attempt.sources.ad'"), HasSubstr("'add'")));
  EXPECT_THAT(refusal_of(kStudy + "sources = {}"), HasSubstr("{ add = [...], remove = [...] }"));
  EXPECT_THAT(refusal_of(kStudy + "sources = { remove = [1] }"), HasSubstr("in quotes"));
}

TEST(SourceNamesTest, PromptsOfAnotherLengthAreResizedWhenAsked) {
  SampleInputs inputs;
  inputs.prompts["extra.npy"] = {"", {60, 768}, true, ""};
  EXPECT_THAT(refusal_of(kStudy, inputs), AllOf(HasSubstr("extra.npy"), HasSubstr("has 60 rows")));
  const Plan plan = plan_of(kStudy + "resize = \"tile\"", inputs);
  const TrialSpec& spec = trials_of(plan, "target")[0]->spec;
  EXPECT_EQ(spec.sources[0].resize, "");
  EXPECT_EQ(spec.sources[3].resize, "tile");
  inputs.prompts["extra.npy"].shape = {100, 768};
  EXPECT_EQ(trials_of(plan_of(kStudy + "resize = \"tile\"", inputs), "target")[0]->spec.trial_id,
            trials_of(plan_of(kStudy, inputs), "target")[0]->spec.trial_id);
  inputs.prompts["extra.npy"].shape = {};  // a .pt file: the trainer sees whether it has to
  EXPECT_EQ(
      trials_of(plan_of(kStudy + "resize = \"tile\"", inputs), "target")[0]->spec.sources[3].resize,
      "tile");
}

}  // namespace
}  // namespace attempt::sweep::test
