#include "runner/sweep/study_inputs.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "datasets/data_error.h"
#include "model/shapes/model_error.h"
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

  attempt::test::TemporaryFolder folder_;
};

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
  write_file(folder_ / "t5/spiece.model", "pieces");
  EXPECT_NE(plan().trials.at(0).spec.trial_id, other);
}

TEST_F(StudyInputsTest, RunsNeedAllFilesOfTheBackbone) {
  EXPECT_THROW(plan(/*allow_missing_weights=*/false), model::ModelError);
  write_file(folder_ / "t5/model.safetensors", "weights");
  EXPECT_THROW(plan(/*allow_missing_weights=*/false), model::ModelError);
  write_file(folder_ / "t5/spiece.model", "pieces");
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
