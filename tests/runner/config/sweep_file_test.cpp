#include "runner/config/sweep_file.h"

#include <gmock/gmock.h>

#include "tests/support/test_support.h"

namespace attempt::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kModel = "[model]\npath = \"t5\"\n";

SweepFile read(const std::string& toml, const std::vector<std::string>& set = {}) {
  const attempt::test::TemporaryFolder folder;
  attempt::test::write_file(folder / "study.toml", toml);
  return read_sweep(folder / "study.toml", set);
}

/// what() of the refusal; "" when the text is accepted.
std::string refusal(const std::string& toml, const std::vector<std::string>& set = {}) {
  try {
    read(kModel + toml, set);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(SweepFileTest, NamesFileLineAndColumn) {
  const attempt::test::TemporaryFolder folder;
  const std::string file = folder / "study.toml";
  attempt::test::write_file(file, std::string(kModel) + "[train]\nbatch_size = 8\n  epoch = 3\n");
  try {
    read_sweep(file, {});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.path, file);
    EXPECT_EQ(error.line, 5);
    EXPECT_EQ(error.column, 3);
    EXPECT_EQ(error.key, "train.epoch");
    EXPECT_EQ(std::string(error.what()), file +
                                             ":5:3: unknown key 'train.epoch' ([train] has no such "
                                             "setting). Did you mean 'epochs'?");
  }
}

TEST(SweepFileTest, ListsAllProblems) {
  const std::string text = refusal(
      "[train]\nepoch = 3\nbatch_size = 0\nschedule = \"cosine\"\n[sweeps]\nname = \"x\"\n");
  EXPECT_THAT(text, AllOf(HasSubstr("'train.epoch'"), HasSubstr("'train.batch_size' is 0"),
                          HasSubstr("\"cosine\""), HasSubstr("unknown section [sweeps]")));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

struct Refusal {
  const char* toml;
  const char* says;
};

class RefusedTest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedTest, SaysWhatIsWrong) {
  EXPECT_THAT(refusal(GetParam().toml), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    SweepFile, RefusedTest,
    testing::Values(
        Refusal{"[sweeep]\nname = \"x\"\n", "unknown section [sweeep]"},
        Refusal{"[sweeep]\nname = \"x\"\n", "Did you mean 'sweep'?"},
        Refusal{"[train]\nlearning_rate = 0.1\n", "Write 'learning_rate' in [method.X]"},
        Refusal{"[train]\nweight_decay = 0.1\n", "Write 'weight_decay' in [method.X]"},
        Refusal{"[train]\noptimizer = \"adamw\"\n", "Write 'optimizer' in [method.X]"},
        Refusal{"[train]\nprecision = \"bf16\"\n", "It belongs to [model]"},
        Refusal{"[train]\nbatch_size = \"8\"\n", "'train.batch_size' is a string"},
        Refusal{"[train]\nbatch_size = 1.5\n", "Give a whole number"},
        Refusal{"[train]\nbatch_size = true\n", "'train.batch_size' is true or false"},
        Refusal{"[train]\nepochs = -1\n", "it takes a number > 0"},
        Refusal{"[train]\nepochs = nan\n", "'train.epochs' is nan"},
        Refusal{"[train]\nepochs = inf\n", "'train.epochs' is inf"},
        Refusal{"[train]\nwarmup_steps = \"auto6\"\n", "Did you mean 'auto'?"},
        Refusal{"[data]\nshuffle = \"no\"\n", "it takes true or false"},
        Refusal{"[data]\ncompat = \"author\"\n", "Did you mean 'authors'?"},
        Refusal{"[data.rules]\n\"stsb.rund\" = \"authors\"\n", "stsb.round"},
        Refusal{"[data.rules]\n\"stsb.round\" = \"author\"\n", "'data.rules.stsb.round'"},
        Refusal{"[method.attempt]\ntemperature = 0\n",
                "it takes a number > 0, \"paper\", \"calibrated\" or \"learned\""},
        Refusal{"[method.attempt]\ntemperature = -5.0\n", "'method.attempt.temperature' is -5.0"},
        Refusal{"[method.attempt]\ntemperature = nan\n", "'method.attempt.temperature' is nan"},
        Refusal{"[method.attempt]\nattention = \"liner\"\n", "Did you mean 'linear'?"},
        Refusal{"[method.atempt]\nlearning_rate = 1\n", "Did you mean 'attempt'?"},
        Refusal{"[method.dept]\nlearning_rate = 1\n", "method 'dept' is not part of this version"},
        Refusal{"[method.frozen]\nlearning_rate = 1\n", "[method.frozen] has no such setting"},
        Refusal{"[targets]\ntasks = [\"rtee\"]\n", "Did you mean 'rte'?"},
        Refusal{"[targets]\ntasks = [\"rte\", \"glue/rte\"]\n", "names 'rte' twice"},
        Refusal{"[targets]\ntasks = [1]\n", "holds an integer"},
        Refusal{"[targets]\nmethods = [\"mpt_m\"]\n", "is not part of this version"},
        Refusal{"[targets]\nmethods = [\"attempt:tocken\"]\n", "is not part of this version"},
        Refusal{"[targets]\nmethods = [\"spott\"]\n", "Did you mean 'spot'?"},
        Refusal{"[targets]\nmultitask = 3\n", "it takes an array of tables"},
        Refusal{"[task.rtee]\nepochs = 1\n", "unknown task 'rtee'"},
        Refusal{"[task.rte]\nlearning_rate = 1\n", "Write 'learning_rate' in [method.X]"},
        Refusal{"[task.rte]\nfiles = { training = \"x\" }\n", "unknown split 'training'"},
        Refusal{"[variant.x]\nlearning_rate = 1\n", "[variant.x] has no 'base'"},
        Refusal{"[variant.x]\nbase = \"atempt\"\n", "Did you mean 'attempt'?"},
        Refusal{"[variant.spot]\nbase = \"attempt\"\n", "has the name of a method"},
        Refusal{"[sweep]\nseeds = []\n", "'sweep.seeds' is empty"},
        Refusal{"[sweep]\nseeds = [1, 1]\n", "names 1 twice"},
        Refusal{"[sweep]\nseeds = [-1]\n", "holds -1"},
        Refusal{"[sweep]\nseeds = { cont = 5 }\n", "Write { count = 5 }"},
        Refusal{"[override]\nset = { train.epochs = 1 }\n", "Write [[override]]"},
        Refusal{"[[override]]\nwhen = { task = \"rte\" }\n", "[[override]] 1 has no 'set'"},
        Refusal{"[[override]]\nwhen = { taks = \"rte\" }\nset = { train.epochs = 1 }\n",
                "Did you mean 'task'?"},
        Refusal{"[[override]]\nwhen = { phase = \"one\" }\nset = { train.epochs = 1 }\n",
                "there are two phases"},
        Refusal{"[[override]]\nset = { train.epoch = 1 }\n", "Did you mean 'epochs'?"},
        Refusal{"[[override]]\nset = { sweep.name = \"x\" }\n", "is not a setting of trials"},
        Refusal{"[few_shot]\nk = [0]\n", "holds 0"},
        Refusal{"[few_shot]\nmode = \"balance\"\n", "Did you mean 'balanced'?"},
        Refusal{"[few_shot]\nlearning_rate = 1\n", "unknown key 'few_shot.learning_rate'"},
        Refusal{"[[override]]\nset = { few_shot.k = [4] }\n", "unknown key 'few_shot.k'"},
        Refusal{"[search]\ntrials = 4\n", "[search] has no 'sampler'"},
        Refusal{"[train]\nepochs = 1979-05-27\n", "a date or time"},
        Refusal{"train = 3\n", "unknown key 'model.train'"},
        Refusal{"[limits]\nmax_attempts = 0\n", "it takes an integer >= 1"}));

TEST(SweepFileTest, RefusesFp16WithTheReason) {
  EXPECT_THAT(refusal("", {"model.precision=fp16"}),
              AllOf(HasSubstr("--set model.precision=fp16: "), HasSubstr("65504")));
}

TEST(SweepFileTest, NeedsAModel) {
  EXPECT_THROW(read("[train]\nepochs = 1\n"), ConfigError);
  EXPECT_NO_THROW(read("[train]\nepochs = 1\n", {"model.path=t5"}));
}

TEST(SweepFileTest, SetTakesTomlAndBareWords) {
  const SweepFile sweep = read(kModel, {"sweep.name=my study", "sweep.seeds=[1, 2]",
                                        "targets.tasks=[\"rte\"]", "sweep.keep_predictions=false"});
  EXPECT_EQ(sweep.name, "my study");
  EXPECT_THAT(sweep.seeds, testing::ElementsAre(1, 2));
  EXPECT_EQ(sweep.target_tasks.at(0).name, "rte");
  EXPECT_FALSE(sweep.keep_predictions);
  EXPECT_THAT(refusal("", {"train.epochs"}), HasSubstr("Write --set section.key=value"));
  EXPECT_THAT(refusal("", {"train.epohs=1"}),
              AllOf(HasSubstr("--set train.epohs=1: "), HasSubstr("Did you mean 'epochs'?")));
  EXPECT_THAT(refusal("", {"sweep.seeds=[1"}), HasSubstr("the value is read as TOML"));
}

TEST(SweepFileTest, PathsAreRelativeToTheFileOrTheCurrentFolder) {
  const attempt::test::TemporaryFolder folder;
  attempt::test::write_file(folder / "study.toml",
                            "[model]\npath = \"a/../t5\"\n[data]\nroot = \"/data\"\n");
  const SweepFile file = read_sweep(folder / "study.toml", {});
  EXPECT_EQ(file.model_path, std::filesystem::absolute(folder / "t5").string());
  EXPECT_EQ(file.data_root, "/data");
  const SweepFile set = read_sweep(folder / "study.toml", {"model.path=models/t5"});
  EXPECT_EQ(set.model_path, (std::filesystem::current_path() / "models/t5").string());
}

TEST(SweepFileTest, DamagedFilesAreRefusedAndNeverCrash) {
  const std::string text =
      attempt::test::read_file(attempt::test::source_folder() / "sweeps/real_small.toml") +
      "[grid]\n\"train.batch_size\" = [1, 2]\n[[override]]\nwhen = { task = "
      "[\"rte\"] }\nset = { train.epochs = 4 }\n";
  for (std::size_t i = 0; i < text.size(); i += 11) {
    for (const std::string& damage : {std::string(), std::string("\""), std::string("[["),
                                      std::string(1, '\0'), std::string("\xff\xfe")}) {
      try {
        read(text.substr(0, i) + damage + text.substr(i + 1));
      } catch (const ConfigError&) {
      }
    }
    try {
      read(text.substr(0, i));
    } catch (const ConfigError&) {
    }
  }
  EXPECT_THROW(read(std::string(5000, '[')), ConfigError);
  EXPECT_THROW(read("a = " + std::string(5000, '[')), ConfigError);
}

}  // namespace
}  // namespace attempt::config
