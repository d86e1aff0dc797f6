#include <gmock/gmock.h>

#include "runner/config/config_error.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::string kTuning = R"(
[targets]
tasks = ["cb"]
methods = ["prompt_tuning"]
)";

const std::string kAttempt = R"(
[sources]
tasks = ["mnli", "sst2"]
[targets]
tasks = ["rte"]
methods = ["attempt"]
)";

TEST(RefusalsTest, TrainingThatNeverLeavesItsWarmUp) {
  EXPECT_THAT(refusal_of(kTuning + "[train]\nwarmup_steps = 160\n"),
              AllOf(HasSubstr(":6:1: "), HasSubstr("trains 160 steps and warms up for 160"),
                    HasSubstr("train.allow_warmup_only = true")));
  EXPECT_EQ(refusal_of(kTuning + "[train]\nwarmup_steps = 159\n"), "");
  EXPECT_EQ(refusal_of(kTuning + "[train]\nwarmup_steps = 160\nallow_warmup_only = true\n"), "");
  EXPECT_THAT(refusal_of(kTuning + "[data]\ncompat = \"authors\"\n"),
              HasSubstr("warms up for 500"));
  EXPECT_EQ(refusal_of(kTuning + "[train]\nwarmup_steps = 500\nschedule = \"constant\"\n"), "");
}

TEST(RefusalsTest, StartPromptThatIsNotThere) {
  EXPECT_THAT(refusal_of(R"(
[sources]
tasks = ["sst2", "qqp"]
[targets]
tasks = ["rte"]
methods = ["attempt"]
)"),
              AllOf(HasSubstr("the start prompt 'mnli' of 'attempt' on rte is not there"),
                    HasSubstr("[sources] gives sst2, qqp")));
  EXPECT_THAT(refusal_of(R"(
[sources]
tasks = ["sst2"]
[targets]
tasks = ["rte"]
methods = ["spot"]
[method.spot]
source = "cola"
)"),
              AllOf(HasSubstr(":8:1: "), HasSubstr("the start prompt 'cola' of 'spot' on rte")));
}

TEST(RefusalsTest, TemperatureThatCannotBeCalibrated) {
  const std::string calibrated = kAttempt + "[method.attempt]\ntemperature = \"calibrated\"\n";
  EXPECT_EQ(refusal_of(calibrated), "");
  EXPECT_THAT(refusal_of(calibrated + "sources = [\"mnli\"]\n"),
              AllOf(HasSubstr(":8:1: "), HasSubstr("it mixes one source prompt")));
  EXPECT_THAT(refusal_of(calibrated, {"sources.prompts={ sst2 = \"sst2.npy\" }"}),
              AllOf(HasSubstr("the source prompt 'sst2' is a file"), HasSubstr("Give a number")));
}

TEST(RefusalsTest, EmptySourceLists) {
  EXPECT_THAT(refusal_of("[targets]\ntasks = [\"rte\"]\nmethods = [\"attempt\"]\n"),
              HasSubstr("the list of source prompts of 'attempt' is empty"));
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\nsources = []\n"),
              HasSubstr("the list of source prompts of 'attempt' is empty"));
  EXPECT_EQ(refusal_of(kAttempt + "[method.attempt]\nsources = []\ntarget = \"add_only\"\n"), "");
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\nsources = []\ntarget = \"add_only\"\n"
                                    "deep = \"gains\"\n"),
              HasSubstr("nothing to mix"));
}

TEST(RefusalsTest, NamesTheCauseAndNotWhatFollowsFromIt) {
  EXPECT_THAT(
      refusal_of(kAttempt + "[method.attempt]\nprompt_length = 20\ntemperature = \"calibrated\"\n"),
      AllOf(HasSubstr("'mnli' has 100 rows"), Not(HasSubstr("is empty")),
            Not(HasSubstr("mixes one source prompt"))));
}

TEST(RefusalsTest, SourcePromptsOfAnotherLength) {
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\nprompt_length = 20\n"),
              AllOf(HasSubstr(":8:1: "), HasSubstr("'mnli' has 100 rows and 'attempt' has 20"),
                    HasSubstr("Give both the same prompt_length")));
  EXPECT_EQ(refusal_of(kAttempt + "[method.attempt]\nprompt_length = 20\n"
                                  "[sources.train]\nprompt_length = 20\n"),
            "");
}

TEST(RefusalsTest, TrialsThatTrainNothing) {
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\ntarget = \"none\"\nattention = "
                                    "\"constant\"\n"),
              HasSubstr("'attempt' on rte trains nothing"));
}

TEST(RefusalsTest, EqualVariants) {
  EXPECT_THAT(refusal_of(kAttempt + "[variant.again]\nbase = \"attempt\"\n",
                         {"targets.methods=[\"attempt\", \"again\"]"}),
              HasSubstr("'again' on rte is the same trial as 'attempt'"));
}

TEST(RefusalsTest, StartsWithoutWhatTheyStartFrom) {
  EXPECT_THAT(refusal_of("[targets]\ntasks = [\"squad\"]\nmethods = [\"prompt_tuning\"]\n"
                         "[method.prompt_tuning]\ninit = \"class_labels\"\n"),
              HasSubstr("question answering has no classes"));
  EXPECT_EQ(refusal_of("[targets]\ntasks = [\"squad\"]\nmethods = [\"prompt_tuning\"]\n"
                       "[method.prompt_tuning]\ninit = \"class_labels\"\n"
                       "init_words = [\"person\", \"place\"]\n"),
            "");
  EXPECT_THAT(refusal_of(kTuning + "[method.prompt_tuning]\ninit = \"text\"\n"),
              HasSubstr("Add init_text"));
  EXPECT_THAT(refusal_of(kTuning + "[method.prompt_tuning]\ninit = \"file\"\n"),
              HasSubstr("Add init_file"));
}

TEST(RefusalsTest, DeepLayersThatDoNotExist) {
  const std::string deep = kAttempt + "[method.attempt]\ndeep = \"gains\"\nlayers = ";
  EXPECT_EQ(refusal_of(deep + "[0, 3, 11]\n"), "");
  EXPECT_THAT(refusal_of(deep + "[0, 12]\n"),
              AllOf(HasSubstr(":9:1: "), HasSubstr("the encoder has 12")));
  EXPECT_THAT(refusal_of(deep + "[3, 6]\n"), HasSubstr("with 0 among them"));
  EXPECT_THAT(refusal_of(deep + "[0, 0]\n"), HasSubstr("names 0 twice (once is enough)"));
  EXPECT_THAT(refusal_of(deep + "{ count = 2 }\n"), HasSubstr("an array of integers"));
}

TEST(RefusalsTest, LinearHeadsWithoutOneSetOfLabels) {
  const auto study = [](const std::string& task, const std::string& method) {
    return "[targets]\ntasks = [\"" + task + "\"]\nmethods = [\"" + method + "\"]\n[method." +
           method + "]\nhead = \"linear\"\n";
  };
  EXPECT_EQ(refusal_of(study("cb", "p_tuning_v2")), "");
  EXPECT_THAT(refusal_of(study("squad", "p_tuning_v2")),
              AllOf(HasSubstr(":5:1: "), HasSubstr("no closed set of labels")));
  EXPECT_THAT(
      refusal_of("[targets]\nmultitask = [{ name = \"two\", tasks = [\"cb\", \"rte\"], methods = "
                 "[\"p_tuning_v2_m\"] }]\n[method.p_tuning_v2_m]\nhead = \"linear\"\n"),
      HasSubstr("the classes of one task"));
}

TEST(RefusalsTest, SuffixesOfDeepPrompts) {
  const std::string suffix = kTuning + "[method.prompt_tuning]\nplacement = \"suffix\"\n";
  EXPECT_EQ(refusal_of(suffix), "");
  EXPECT_THAT(refusal_of(suffix + "depth = \"every_layer\"\n"),
              HasSubstr("the place of the first rows"));
}

TEST(RefusalsTest, PartsOfAPromptThatAreNotItsRows) {
  const std::string between =
      kTuning + "[method.prompt_tuning]\nplacement = \"between\"\nprompt_length = 10\n";
  EXPECT_EQ(refusal_of(between), "");
  EXPECT_EQ(refusal_of(between + "placement_rows = [3, 3, 4]\n"), "");
  EXPECT_THAT(refusal_of(between + "placement_rows = [3, 4, 4]\n"),
              HasSubstr("whose sum is prompt_length = 10"));
  EXPECT_THAT(refusal_of(between + "placement_rows = [10]\n"), HasSubstr("three numbers"));
}

TEST(RefusalsTest, MissingPromptFiles) {
  EXPECT_THAT(refusal_of("[sources]\nprompts = { mnli = \"missing.h5\" }\n[targets]\n"
                         "tasks = [\"rte\"]\nmethods = [\"attempt\"]\n"),
              AllOf(HasSubstr("the prompt file of 'mnli'"), HasSubstr("missing.h5")));
}

TEST(RefusalsTest, PromptFilesThatDoNotFit) {
  const std::string study =
      "[sources]\nprompts = { mnli = \"p.npy\" }\n[targets]\ntasks = [\"rte\"]\n"
      "methods = [\"attempt\", \"spot\"]\n";
  SampleInputs inputs;
  const auto refusal = [&](const PromptFacts& facts, const std::string& more = "") {
    inputs.prompts["p.npy"] = facts;
    return refusal_of(study + more, inputs);
  };
  EXPECT_EQ(refusal({"", {100, 768}, true, "backbone-fingerprint"}), "");
  EXPECT_EQ(refusal({"", {}, true, ""}), "");  // a .pt file: the trainer reads it
  EXPECT_THAT(refusal({"", {100, 512}, true, ""}),
              AllOf(HasSubstr(":2:"), HasSubstr("p.npy"), HasSubstr("its shape is [100, 512]"),
                    HasSubstr("d_model is 768")));
  EXPECT_THAT(
      refusal({"", {20, 768}, true, ""}),
      AllOf(HasSubstr("p.npy) has 20 rows and 'attempt' has 100"), HasSubstr("resize = \"tile\"")));
  EXPECT_THAT(refusal({"", {100, 768}, false, ""}), HasSubstr("holds NaN or infinite values"));
  EXPECT_THAT(refusal({"", {100, 768}, true, "other"}), HasSubstr("of another backbone"));
  EXPECT_THAT(refusal({"", {12, 100, 768}, true, ""}),
              HasSubstr("has rows for every encoder layer"));
}

TEST(RefusalsTest, DeepPromptsOfShallowSources) {
  SampleInputs inputs;
  const std::string study =
      "[sources]\nprompts = { mnli = \"p.npy\" }\n[targets]\ntasks = [\"rte\"]\n"
      "methods = [\"attempt:deep\"]\n";
  inputs.prompts["p.npy"] = {"", {100, 768}, true, ""};
  EXPECT_THAT(refusal_of(study, inputs),
              AllOf(HasSubstr("has rows for the input only"), HasSubstr("deep = \"prompts\"")));
  inputs.prompts["p.npy"] = {"", {12, 100, 768}, true, ""};
  EXPECT_EQ(refusal_of(study, inputs), "");
}

TEST(RefusalsTest, StartFilesThatDoNotFit) {
  const std::string study =
      kTuning + "[method.prompt_tuning]\ninit = \"file\"\ninit_file = \"p.npy\"\n";
  SampleInputs inputs;
  inputs.prompts["p.npy"] = {"", {100, 768}, true, ""};
  EXPECT_EQ(refusal_of(study, inputs), "");
  inputs.prompts["p.npy"] = {"", {99, 768}, true, ""};
  EXPECT_THAT(refusal_of(study, inputs),
              AllOf(HasSubstr("its shape is [99, 768] and the prompt's is [100, 768]"),
                    HasSubstr("p.npy")));
  inputs.prompts["p.npy"] = {"", {100, 768}, false, ""};
  EXPECT_THAT(refusal_of(study, inputs), HasSubstr("NaN"));
}

TEST(RefusalsTest, DeepTogetherWithWhatIsOfTheInputOnly) {
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\ndeep = \"prompts\"\n"
                                    "target_encoder = \"mlp\"\n"),
              HasSubstr("an encoder of the target prompt"));
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\ndeep = \"prompts\"\n"
                                    "attention = \"token\"\n"),
              HasSubstr("attention = \"token\""));
}

TEST(RefusalsTest, UnknownVariantsAndOptions) {
  EXPECT_THAT(refusal_of(kAttempt, {"targets.methods=[\"attempt:uniform\"]"}),
              AllOf(HasSubstr("method 'attempt:uniform' is not part of this version"),
                    HasSubstr("attempt:constant")));
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\ntemprature = 3\n"),
              AllOf(HasSubstr(":8:"), HasSubstr("'temperature'")));
  EXPECT_THAT(refusal_of(kAttempt + "[method.attempt]\nattention = \"sum\"\n"),
              AllOf(HasSubstr("'method.attempt.attention' is \"sum\""), HasSubstr("\"sub\"")));
}

TEST(RefusalsTest, TemperaturesThatDivideByNothing) {
  for (const char* temperature : {"0", "-1.5", "nan", "inf", "\"warm\""}) {
    EXPECT_THAT(
        refusal_of(kAttempt + "[method.attempt]\ntemperature = " + temperature + "\n"),
        AllOf(HasSubstr(":8:"), HasSubstr("'method.attempt.temperature' is "), HasSubstr("> 0")))
        << temperature;
  }
}

TEST(RefusalsTest, HalfPrecision) {
  EXPECT_THAT(refusal_of(kTuning, {"model.precision=fp16"}),
              AllOf(HasSubstr("fp16"), HasSubstr("65504"), HasSubstr("bf16")));
}

TEST(RefusalsTest, LabelsOutsideTheVocabulary) {
  SampleInputs inputs;
  inputs.unknown_words = {"1"};
  EXPECT_THAT(refusal_of(kTuning, inputs),
              AllOf(HasSubstr("the label '1' of cb"), HasSubstr("<unk>")));
}

TEST(RefusalsTest, WarnsOfPromptsBeyondMemoryAndOfTextsThatAreCut) {
  const auto warnings = [](const std::string& toml) { return plan_of(toml).warnings; };
  EXPECT_THAT(warnings(kTuning), testing::IsEmpty());
  EXPECT_THAT(warnings(kTuning + "[method.prompt_tuning]\nprompt_length = 5000\n"),
              Contains(AllOf(HasSubstr("5000 prompt rows"), HasSubstr("train.micro_batch"))));
  EXPECT_THAT(warnings(kTuning + "[method.prompt_tuning]\nprompt_length = 2\ninit = \"text\"\n"
                                 "init_text = \"one two three\"\n"),
              Contains(HasSubstr("a text of 3 tokens and has 2 rows")));
}

TEST(RefusalsTest, LengthBucketsWhereTheOrderIsAnother) {
  EXPECT_EQ(plan_of(kTuning, {"train.length_buckets=true"}).trials.at(0).spec.train.length_buckets,
            true);
  EXPECT_THAT(refusal_of(kTuning, {"train.length_buckets=true", "data.shuffle=false"}),
              HasSubstr("'train.length_buckets' goes with shuffled batches"));
}

TEST(RefusalsTest, PairingAndSeedsThatDoNotFit) {
  EXPECT_THAT(refusal_of(kAttempt, {"sources.pairing=fixed"}), HasSubstr("names 0 seeds"));
  EXPECT_THAT(refusal_of(kAttempt, {"sources.seeds=[1]"}), HasSubstr("Remove seeds"));
}

TEST(RefusalsTest, StudiesWithoutWork) {
  EXPECT_THAT(refusal_of(""), HasSubstr("the sweep has no tasks"));
  EXPECT_THAT(refusal_of("[targets]\ntasks = [\"rte\"]\n"),
              HasSubstr("[targets] has no 'methods'"));
}

TEST(RefusalsTest, SaysAllThatIsWrong) {
  const std::string text = refusal_of(kAttempt +
                                      "[method.attempt]\nsources = [\"rte\"]\n"
                                      "target_init = \"wsc\"\n");
  EXPECT_THAT(text, AllOf(HasSubstr("source prompt 'rte' is not there"),
                          HasSubstr("the start prompt 'wsc'")));
}

}  // namespace
}  // namespace attempt::sweep::test
