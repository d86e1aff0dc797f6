#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "runner/sweep/plan.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using attempt::test::write_file;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kConfig = R"({"vocab_size": 32128, "d_model": 512, "d_kv": 64,
  "num_heads": 8, "d_ff": 2048, "num_layers": 6, "feed_forward_proj": "relu"})";

constexpr const char* kStudy = R"([model]
path = "t5"
[sources]
tasks = ["mine"]
[targets]
tasks = ["mine"]
methods = ["prompt_tuning", "spot"]
multitask = [{ name = "both", tasks = ["mine", "tags"], methods = ["prompt_tuning_m"] }]
[method.spot]
source = "mine"
[few_shot]
k = [4]
tasks = ["mine"]
selection = "k"
[task.mine]
define = true
source = "text: {text}"
target = "{label}"
labels = ["no", "yes"]
files = { train = "mine.tsv", validation = "mine.tsv" }
[task.tags]
define = true
source = "{text}"
target = "{label}"
metrics = ["span_f1"]
files = { train = "mine.tsv", validation = "mine.tsv", test = "mine.tsv" }
)";

/// A folder with a backbone of config.json and a tokenizer, a table of rows, and a cache of its
/// own.
class OwnTaskPlanTest : public testing::Test {
 protected:
  OwnTaskPlanTest() {
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    std::filesystem::create_directories(folder_ / "t5");
    write_file(folder_ / "t5/config.json", kConfig);
    std::filesystem::copy_file(attempt::test::source_folder() / "demo/backbone/spiece.model",
                               folder_ / "t5/spiece.model");
    write_rows("no");
  }
  ~OwnTaskPlanTest() override { unsetenv("XDG_CACHE_HOME"); }

  void write_rows(const std::string& first_label) {
    std::string rows = "text\tlabel\nfirst\t" + first_label + "\n";
    for (int i = 0; i < 29; ++i) rows += "row\t" + std::string(i % 2 == 0 ? "yes" : "no") + "\n";
    write_file(folder_ / "mine.tsv", rows);
  }

  Plan plan(const std::string& toml = kStudy, const std::vector<std::string>& set = {}) {
    write_file(folder_ / "study.toml", toml);
    return make_plan({.sweep_file = folder_ / "study.toml", .set = set});
  }

  std::string refusal(const std::string& toml) {
    try {
      plan(toml);
    } catch (const config::ConfigError& error) {
      return error.what();
    }
    return "";
  }

  static std::string changed(const std::string& from, const std::string& to) {
    std::string text = kStudy;
    return text.replace(text.find(from), from.size(), to);
  }

  attempt::test::TemporaryFolder folder_;
};

TEST_F(OwnTaskPlanTest, PlansWhatABuiltInTaskCan) {
  const Plan plan = this->plan();
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(1));
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(2));  // whole and few-shot
  EXPECT_THAT(trials_of(plan, "target", "spot"), SizeIs(2));
  const auto both = trials_of(plan, "target", "prompt_tuning_m");
  ASSERT_THAT(both, SizeIs(1));
  EXPECT_EQ(both[0]->selection_metric, "mean(mine accuracy, tags span_f1)");
  const TaskSpec& task = trials_of(plan, "target", "prompt_tuning")[0]->spec.tasks[0];
  EXPECT_EQ(task.train_examples, 30);
  EXPECT_EQ(task.validation_examples, 15);
  EXPECT_EQ(task.test_examples, 15);
  EXPECT_EQ(task.max_target_length, 16);
  EXPECT_FALSE(trials_of(plan, "target", "prompt_tuning")[0]->spec.comparable);
  EXPECT_THAT(plan.prepare, SizeIs(2));
}

TEST_F(OwnTaskPlanTest, ATrialCarriesItsDefinition) {
  const Plan plan = this->plan();
  const TrialSpec spec = spec_of(*trials_of(plan, "target", "prompt_tuning")[0]);
  const nlohmann::json json = spec;
  const datasets::Task task = task_of(json.get<TrialSpec>().tasks[0]);
  EXPECT_EQ(*task.definition, *spec.tasks[0].definition);
  EXPECT_EQ(task.label_texts, (std::vector<std::string>{"no", "yes"}));
  EXPECT_THAT(spec.config_toml, AllOf(HasSubstr("define = true"), HasSubstr("{ no = \"no\"")));
  EXPECT_EQ(spec.config_toml.find("[task.mine]"), spec.config_toml.rfind("[task.mine]"));
}

TEST_F(OwnTaskPlanTest, DefinitionAndContentMakeTheIdAndPathsDoNot) {
  const auto id = [&](const std::string& toml) {
    const Plan plan = this->plan(toml);
    return trials_of(plan, "target", "prompt_tuning")[0]->spec.trial_id;
  };
  const std::string first = id(kStudy);
  EXPECT_NE(id(changed("text: {text}", "txt: {text}")), first);
  EXPECT_NE(id(changed("[\"no\", \"yes\"]", "[\"yes\", \"no\"]")), first);
  EXPECT_NE(id(changed("labels = [", "metrics = [\"macro_f1\"]\nlabels = [")), first);
  std::filesystem::copy_file(folder_ / "mine.tsv", folder_ / "copy.tsv");
  EXPECT_EQ(id(changed("train = \"mine.tsv\"", "train = \"copy.tsv\"")), first);
  write_rows("yes");
  EXPECT_NE(id(kStudy), first);
}

TEST_F(OwnTaskPlanTest, RefusalsNameThePlaceInTheSweep) {
  EXPECT_THAT(refusal(changed("{text}\"\ntarget", "{txt}\"\ntarget")),
              AllOf(HasSubstr("study.toml:17:1: 'task.mine.source' names the field 'txt'"),
                    HasSubstr("mine.tsv have label, text). Did you mean 'text'?")));
  EXPECT_THAT(refusal(changed("\"yes\"]", "\"yess\"]")),
              AllOf(HasSubstr("study.toml:19:1: 'task.mine.labels' has no 'yes'"),
                    HasSubstr("mine.tsv:3 "), HasSubstr("Did you mean 'yess'?")));
  EXPECT_THAT(refusal(changed("train = \"mine.tsv\"", "train = \"mime.tsv\"")),
              AllOf(HasSubstr("study.toml:20:11: "), HasSubstr("mime.tsv is not there")));
  EXPECT_THAT(refusal(changed("labels", "max_target_length = 2\nlabels")),
              HasSubstr("tokens long (max_target_length is 2"));
}

TEST_F(OwnTaskPlanTest, WarnsWhenEpochsOfTrainShortenFewShotTrials) {
  const auto warnings = [&](const std::string& toml, const std::vector<std::string>& set = {}) {
    std::string text;
    for (const std::string& warning : plan(toml, set).warnings) text += warning + "\n";
    return text;
  };
  const std::string general = std::string(kStudy) + "[train]\nepochs = 3\n";
  EXPECT_THAT(warnings(general), HasSubstr("few-shot trials train for the 3.0 epochs of [train]"));
  EXPECT_THAT(warnings(kStudy), testing::Not(HasSubstr("few-shot trials train")));
  EXPECT_THAT(warnings(general, {"few_shot.epochs=3"}),
              testing::Not(HasSubstr("few-shot trials train")));
}

}  // namespace
}  // namespace attempt::sweep::test
