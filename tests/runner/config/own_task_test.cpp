#include <gmock/gmock.h>

#include "runner/config/sweep_file.h"
#include "tests/support/test_support.h"

namespace attempt::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kModel = "[model]\npath = \"t5\"\n";
constexpr const char* kFiles = "files = { train = \"a.tsv\", validation = \"b.tsv\" }\n";

SweepFile read(const std::string& toml, const std::vector<std::string>& set = {}) {
  const attempt::test::TemporaryFolder folder;
  attempt::test::write_file(folder / "study.toml", kModel + toml);
  return read_sweep(folder / "study.toml", set);
}

/// what() of the refusal of [task.mine] with these lines (from line 5 on); "" when it is accepted.
std::string refusal(const std::string& lines) {
  try {
    read("[task.mine]\ndefine = true\n" + lines);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(OwnTaskTest, ReadsADefinition) {
  const SweepFile sweep = read(std::string("[targets]\ntasks = [\"mine\", \"rte\"]\n") +
                               "[task.mine]\ndefine = true\nsource = \"text: {text}\"\n"
                               "target = \"{label}\"\nlabels = [\"no\", \"yes\"]\n"
                               "metrics = [\"f1\", \"accuracy\"]\nmax_source_length = 64\n" +
                               kFiles);
  EXPECT_THAT(sweep.target_tasks, SizeIs(2));
  const datasets::Task& task = sweep.task("mine");
  EXPECT_THAT(task.label_texts, ElementsAre("no", "yes"));
  EXPECT_EQ(task.reported_metric, "f1");
  EXPECT_THAT(task.selection_metrics, ElementsAre("f1", "accuracy"));
  EXPECT_EQ(task.split_rule, datasets::SplitRule::kHalfValidation);
  EXPECT_EQ(sweep.task("rte").name, "rte");
  ASSERT_THAT(sweep.assignments, SizeIs(1));
  EXPECT_EQ(sweep.assignments[0].path.setting, "task.max_source_length");
}

TEST(OwnTaskTest, FreeTextNeedsNoMetricsAndHasDefaults) {
  const SweepFile sweep = read(std::string("[task.mine]\ndefine = true\nsource = \"{text}\"\n"
                                           "references = \"answers\"\n") +
                               kFiles);
  EXPECT_THAT(sweep.task("mine").metrics, ElementsAre("exact_match", "f1"));
  EXPECT_EQ(sweep.task("mine").max_target_length, 128);
}

TEST(OwnTaskTest, OptionsOfTheCommandLineDefineToo) {
  const std::string text = "[task.mine]\ndefine = true\nsource = \"{text}\"\ntarget = \"{out}\"\n";
  const SweepFile sweep = read(text, {"task.mine.files.train=a.tsv", "task.mine.files.test=b.tsv",
                                      "task.mine.metrics=[\"rouge_l\"]",
                                      "task.mine.max_target_length=9", "targets.tasks=[\"mine\"]"});
  EXPECT_EQ(sweep.task("mine").reported_metric, "rouge_l");
  EXPECT_EQ(sweep.task("mine").split_rule, datasets::SplitRule::kTrainMinusTenth);
}

TEST(OwnTaskTest, AStudysOwnSweepReadsBackAsTheSame) {
  const std::string text = std::string("[task.mine]\ndefine = true\nsource = \"{{x}} {text}\"\n") +
                           "target = \"{out}\"\nlabels = { 1 = \"no\", \"2 b\" = \"yes\" }\n" +
                           kFiles;
  const SweepFile first = read(text);
  const attempt::test::TemporaryFolder folder;
  attempt::test::write_file(folder / "again.toml", first.effective_toml);
  const SweepFile second = read_sweep(folder / "again.toml", {});
  EXPECT_EQ(*second.task("mine").definition, *first.task("mine").definition);
  EXPECT_EQ(second.task_files, first.task_files);
}

struct Refusal {
  const char* lines;
  const char* at;  ///< line and column
  const char* says;
};

class RefusedOwnTaskTest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedOwnTaskTest, SaysWhereAndWhatIsWrong) {
  EXPECT_THAT(refusal(GetParam().lines),
              AllOf(HasSubstr(std::string("study.toml:") + GetParam().at + ": "),
                    HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    OwnTask, RefusedOwnTaskTest,
    testing::Values(
        Refusal{"target = \"{a}\"\n", "3:1", "has no field in its 'source'"},
        Refusal{"source = \"text\"\ntarget = \"{a}\"\n", "5:1", "has no field in its 'source'"},
        Refusal{"source = \"{a\"\ntarget = \"{a}\"\n", "5:1", "'{' is not closed"},
        Refusal{"source = \"{a}\"\n", "3:1", "has no field in its 'target'"},
        Refusal{"source = \"{a}\"\ntarget = \"x {a}\"\nlabels = [\"u\", \"v\"]\n", "6:1",
                "a label is the value of one field"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nlabels = [\"u\"]\n", "7:1",
                "fewer than two labels"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nlabels = [\"u\", \"u\"]\n", "7:1",
                "names 'u' twice"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nlabels = [\"u\", \"\"]\n", "7:1",
                "an empty label"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nlabels = 3\n", "7:1",
                "it takes an array of names, or a table of strings"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nlabels = [\"u\", \"v\"]\nreferences = \"b\"\n",
                "8:1", "labels and references"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nmetrics = [\"rouge\"]\n", "7:1",
                "Did you mean 'rouge_l'?"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nmetrics = []\n", "7:1", "is empty"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nlabels = [\"u\", \"v\", \"w\"]\n"
                "metrics = [\"f1\"]\n",
                "8:1", "more than two labels are scored by accuracy, macro_f1"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nselection_metrics = [\"rouge_l\"]\n", "7:1",
                "it selects by some of exact_match, f1"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nfiles = { train = \"x\" }\n", "7:9",
                "names neither a validation nor a test file"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\nfiles = { test = \"x\" }\n", "7:9",
                "names no train file"},
        Refusal{"source = \"{a}\"\ntarget = \"{a}\"\n", "3:1", "names no train file"},
        Refusal{"files = { train = \"x\", dev = \"y\" }\n", "5:24", "unknown split 'dev'"},
        Refusal{"sorce = \"{a}\"\n", "5:1", "Did you mean 'source'?"},
        Refusal{"learning_rate = 1\n", "5:1", "Write 'learning_rate' in [method.X]"}));

std::string refusal_of_text(const std::string& toml) {
  try {
    read(toml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(OwnTaskTest, NamesOfBuiltInTasksAreTaken) {
  EXPECT_THAT(refusal_of_text("[task.rte]\ndefine = true\n"),
              AllOf(HasSubstr("study.toml:4:1: "), HasSubstr("it is a built-in task")));
  EXPECT_THAT(refusal_of_text("[task.sst-2]\ndefine = true\n"),
              HasSubstr("a name of the built-in task sst2"));
  EXPECT_THAT(refusal_of_text("[task.\"a b\"]\ndefine = true\n"), HasSubstr("no name for a task"));
  EXPECT_THAT(refusal_of_text("[task.mine]\ndefine = 1\n"), HasSubstr("it takes true or false"));
}

TEST(OwnTaskTest, AKeyStandsOnce) {
  EXPECT_THAT(refusal("source = \"{a}\"\nsource = \"{b}\"\n"),
              AllOf(HasSubstr("study.toml:6:"), HasSubstr("source")));
}

TEST(OwnTaskTest, AnUnknownTaskIsToldHowToBeDefined) {
  EXPECT_THAT(refusal_of_text("[task.sentiments]\nepochs = 3\n"),
              AllOf(HasSubstr("unknown task"), HasSubstr("[task.sentiments] define = true")));
  EXPECT_THAT(refusal_of_text("[task.rte]\nsource = \"{a}\"\n"), HasSubstr("rte is built in"));
}

}  // namespace
}  // namespace attempt::config
