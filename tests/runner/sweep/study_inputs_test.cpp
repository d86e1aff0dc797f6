#include "runner/sweep/study_inputs.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <limits>

#include "datasets/data_error.h"
#include "model/shapes/model_error.h"
#include "results/trial_file.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using attempt::test::write_file;
using testing::HasSubstr;

constexpr const char* kConfig = R"({"vocab_size": 32128, "d_model": 512, "d_kv": 64,
  "num_heads": 8, "d_ff": 2048, "num_layers": 6, "feed_forward_proj": "relu"})";

/// A data root with a tiny RTE, a backbone of config.json alone, and a cache folder of its own.
class StudyInputsTest : public testing::Test {
 protected:
  StudyInputsTest() {
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    std::filesystem::create_directories(folder_ / "t5");
    std::filesystem::create_directories(folder_ / "data/RTE");
    write_file(folder_ / "t5/config.json", kConfig);
    std::string rows = "index\tsentence1\tsentence2\tlabel\n";
    for (int i = 0; i < 40; ++i) {
      rows += std::to_string(i) + "\tA premise.\tA hypothesis.\t" +
              (i % 2 == 0 ? "entailment" : "not_entailment") + "\n";
    }
    write_file(folder_ / "data/RTE/train.tsv", rows);
    write_file(folder_ / "data/RTE/dev.tsv", rows);
    write_file(folder_ / "study.toml",
               "[model]\npath = \"t5\"\n[data]\nroot = \"data\"\n[targets]\ntasks = [\"rte\"]\n"
               "methods = [\"prompt_tuning\"]\n");
  }
  ~StudyInputsTest() override { unsetenv("XDG_CACHE_HOME"); }

  Plan plan(bool allow_missing_weights = true) {
    return make_plan({.sweep_file = folder_ / "study.toml",
                      .set = {},
                      .allow_missing_weights = allow_missing_weights});
  }

  /// Gives the backbone the demo's vocabulary.
  void take_tokenizer() {
    std::filesystem::copy_file(attempt::test::source_folder() / "demo/backbone/spiece.model",
                               folder_ / "t5/spiece.model");
  }
  /// What planning says when `file` is the ready-made prompt of an attempt trial; "" if nothing.
  std::string refusal_of_prompt(const std::string& file) {
    write_file(folder_ / "study.toml",
               "[model]\npath = \"t5\"\n[data]\nroot = \"data\"\n[targets]\ntasks = [\"rte\"]\n"
               "methods = [\"attempt\"]\n[method.attempt]\nprompt_length = 2\n"
               "[sources.prompts]\nmnli = \"" +
                   file + "\"\n");
    try {
      plan();
      return "";
    } catch (const config::ConfigError& error) {
      return error.what();
    }
  }

  attempt::test::TemporaryFolder folder_;
};

/// A .npy file of float32 values.
std::string npy(std::int64_t rows, std::int64_t columns, float value) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows) + ", " + std::to_string(columns) + "), }\n";
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) +
                      static_cast<char>(header.size() & 0xff) +
                      static_cast<char>(header.size() >> 8) + header;
  const std::string number(reinterpret_cast<const char*>(&value), sizeof value);
  for (std::int64_t i = 0; i < rows * columns; ++i) bytes += number;
  return bytes;
}

TEST_F(StudyInputsTest, LooksIntoReadyMadePrompts) {
  write_file(folder_ / "good.npy", npy(2, 512, 0.5F));
  EXPECT_EQ(refusal_of_prompt("good.npy"), "");
  write_file(folder_ / "narrow.npy", npy(2, 511, 0.5F));
  EXPECT_THAT(refusal_of_prompt("narrow.npy"),
              testing::AllOf(HasSubstr("narrow.npy"), HasSubstr("[2, 511]"), HasSubstr("is 512")));
  write_file(folder_ / "long.npy", npy(3, 512, 0.5F));
  EXPECT_THAT(refusal_of_prompt("long.npy"),
              testing::AllOf(HasSubstr("long.npy"), HasSubstr("has 3 rows and 'attempt' has 2")));
  write_file(folder_ / "nan.npy", npy(2, 512, std::numeric_limits<float>::quiet_NaN()));
  EXPECT_THAT(refusal_of_prompt("nan.npy"), HasSubstr("holds NaN or infinite values"));
  write_file(folder_ / "cut.npy", npy(2, 512, 0.5F).substr(0, 500));
  EXPECT_THAT(refusal_of_prompt("cut.npy"), HasSubstr("bytes of data (its shape needs 4096)"));
  write_file(folder_ / "cut.safetensors", "12345678{}");
  EXPECT_THAT(refusal_of_prompt("cut.safetensors"), HasSubstr("does not fit into the file"));
  EXPECT_THAT(refusal_of_prompt("absent.npy"), HasSubstr("absent.npy"));
  EXPECT_THAT(refusal_of_prompt("study.toml"), HasSubstr("unknown kind"));
  write_file(folder_ / "torch.pt", "only a trainer can tell");
  EXPECT_EQ(refusal_of_prompt("torch.pt"), "");
}

TEST_F(StudyInputsTest, TakesThePromptsOfTrialsOfTheSameBackbone) {
  write_file(folder_ / "t5/model.safetensors", "weights");
  take_tokenizer();
  results::TrialRecord record;
  record.trial_id = std::string(32, '1');
  record.status = "succeeded";
  record.parameters = {{"prompt", {2, 512}, std::vector<float>(1024, 0.5F)}};
  const auto write = [&](const std::string& name, const std::string& fingerprint) {
    record.provenance = "{\"backbone_fingerprint\": \"" + fingerprint + "\"}";
    results::write_trial_file(folder_ / name, record);
  };
  write("own.h5", plan().trials.at(0).spec.model.fingerprint);
  EXPECT_EQ(refusal_of_prompt("own.h5"), "");
  write("other.h5", std::string(64, 'a'));
  EXPECT_THAT(refusal_of_prompt("other.h5"),
              testing::AllOf(HasSubstr("other.h5"), HasSubstr("of another backbone")));
  write_file(folder_ / "damaged.h5", attempt::test::read_file(folder_ / "own.h5").substr(0, 900));
  EXPECT_THAT(refusal_of_prompt("damaged.h5"), HasSubstr("damaged"));
  record.parameters.clear();
  write("without.h5", "");
  EXPECT_THAT(refusal_of_prompt("without.h5"), HasSubstr("'/parameters/prompt' is missing"));
}

TEST_F(StudyInputsTest, CountsRowsFromConfigAlone) {
  const Plan first = plan();
  const TrialSpec& spec = first.trials.at(0).spec;
  EXPECT_EQ(spec.tasks[0].train_examples, 40);
  EXPECT_EQ(spec.tasks[0].validation_examples, 20);
  EXPECT_EQ(spec.tasks[0].test_examples, 20);
  EXPECT_EQ(spec.trainable_parameters, 51200);
  EXPECT_THAT(first.warnings, testing::Contains(HasSubstr("trial ids are provisional")));
  const Plan cached = plan();
  EXPECT_EQ(cached.trials.at(0).spec.trial_id, spec.trial_id);
  EXPECT_EQ(cached.warnings, first.warnings);
}

TEST_F(StudyInputsTest, IdsFollowTheContentOfFiles) {
  const std::string id = plan().trials.at(0).spec.trial_id;
  const std::string train = attempt::test::read_file(folder_ / "data/RTE/train.tsv");
  write_file(folder_ / "data/RTE/train.tsv", train + "40\tMore.\tMore.\tentailment\n");
  const std::string other = plan().trials.at(0).spec.trial_id;
  EXPECT_NE(other, id);
  take_tokenizer();
  EXPECT_NE(plan().trials.at(0).spec.trial_id, other);
}

TEST_F(StudyInputsTest, RunsNeedAllFilesOfTheBackbone) {
  EXPECT_THROW(plan(/*allow_missing_weights=*/false), model::ModelError);
  write_file(folder_ / "t5/model.safetensors", "weights");
  EXPECT_THROW(plan(/*allow_missing_weights=*/false), model::ModelError);
  take_tokenizer();
  EXPECT_NO_THROW(plan(/*allow_missing_weights=*/false));
}

TEST_F(StudyInputsTest, NamesMissingShards) {
  write_file(folder_ / "t5/model.safetensors.index.json",
             R"({"weight_map": {"shared.weight": "model-1.safetensors"}})");
  try {
    plan();
    FAIL();
  } catch (const model::ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("model-1.safetensors"));
  }
  write_file(folder_ / "t5/model.safetensors.index.json", R"({"weight_map": {"a": "../x"}})");
  EXPECT_THROW(plan(), model::ModelError);
}

TEST_F(StudyInputsTest, NamesMissingData) {
  std::filesystem::remove(folder_ / "data/RTE/train.tsv");
  EXPECT_THROW(plan(), datasets::DataError);
}

TEST_F(StudyInputsTest, CountsTheRealFilesAsOfficial) {
  ATTEMPT_REQUIRE_SHARED(shared);
  write_file(folder_ / "study.toml", R"(
[targets]
tasks = ["rte", "mrpc", "cola", "stsb", "sst2"]
methods = ["prompt_tuning"]
[model]
path = "t5"
)");
  const Plan real = make_plan(
      {.sweep_file = folder_ / "study.toml", .set = {"data.root=" + (shared / "data").string()}});
  std::vector<std::vector<std::int64_t>> counts;
  for (const PlannedTrial& trial : real.trials) {
    const TaskSpec& task = trial.spec.tasks[0];
    counts.push_back({task.train_examples, task.validation_examples, task.test_examples});
  }
  EXPECT_THAT(counts, testing::ElementsAre(testing::ElementsAre(2490, 138, 139),
                                           testing::ElementsAre(3667, 204, 204),
                                           testing::ElementsAre(8551, 521, 522),
                                           testing::ElementsAre(5749, 750, 750),
                                           testing::ElementsAre(66349, 1000, 872)));
}

}  // namespace
}  // namespace attempt::sweep::test
