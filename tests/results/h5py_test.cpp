#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/store_error.h"
#include "results/trial_file.h"
#include "tests/results/python_reader.h"
#include "tests/results/sample_record.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;

TEST(H5pyTest, ReadsEveryObjectOfATrialFile) {
  ATTEMPT_REQUIRE_H5PY();
  const test::TemporaryFolder folder;
  const TrialRecord record = test::sample_record();
  write_trial_file(folder / "a.h5", record);

  const test::PythonResult python = test::run_python("read_trial.py", {(folder / "a.h5").string()});
  ASSERT_EQ(python.exit_code, 0) << python.output;
  // Python writes NaN, which JSON does not know.
  std::string output = python.output;
  for (std::size_t at = output.find("NaN"); at != std::string::npos; at = output.find("NaN")) {
    output.replace(at, 3, "null");
  }
  const Json json = Json::parse(output);

  const Json& attributes = json["attributes"];
  EXPECT_EQ(attributes["format"], "attempt-trial");
  EXPECT_EQ(attributes["format_version"], 1);
  EXPECT_EQ(attributes["trial_id"], record.trial_id);
  EXPECT_EQ(attributes["phase"], "target");
  EXPECT_EQ(attributes["variant"], "attempt_uniform");
  EXPECT_EQ(attributes["tasks"], Json({"rte", "mrpc"}));
  EXPECT_EQ(attributes["seed"], 42);
  EXPECT_EQ(attributes["config"], record.config);
  EXPECT_EQ(attributes["depends_on"], Json(record.depends_on));
  EXPECT_EQ(attributes["comparable"], 1);
  EXPECT_EQ(attributes["synthetic"], 0);
  EXPECT_EQ(json["train"]["step"], Json({1, 2, 3}));
  EXPECT_EQ(json["train"]["gradient_norm"], Json(record.train.gradient_norm));
  EXPECT_EQ(json["train"]["mrpc"], Json({0.5, nullptr, 0.1}));
  EXPECT_EQ(json["evaluations"]["rte"], Json(record.evaluations.metrics.at("rte")));
  EXPECT_EQ(json["evaluations"]["selection"], Json({66.6, 70.5}));
  EXPECT_EQ(json["evaluations"]["attention_entropy"], Json({0.69, 0.5}));
  EXPECT_EQ(json["test"]["rte"]["metrics"], Json(record.test.at("rte").metrics));
  EXPECT_EQ(json["test"]["rte"]["predictions"], Json({"entailment", "", "日本語"}));
  EXPECT_FALSE(json["test"]["mrpc"].contains("predictions"));
  EXPECT_EQ(json["parameters"]["prompt"]["shape"], Json({2, 3}));
  EXPECT_EQ(json["parameters"]["G.W_down"]["values"], Json({0.5, 0.25}));
  EXPECT_EQ(json["attention"]["names"], Json({"mnli", "target"}));
  EXPECT_EQ(json["attention"]["mrpc"]["mean"], Json({{1.0, 2.0}, {3.0, 4.0}}));
  EXPECT_EQ(json["cost"]["peak_memory_bytes"], 6'000'000'000);
  EXPECT_EQ(json["cost"]["device"], "cpu");
}

struct Lie {
  const char* file;
  const char* expected;  ///< part of the message
};

TEST(H5pyTest, LyingFilesAreErrorsThatNameObjectAndReason) {
  ATTEMPT_REQUIRE_H5PY();
  const test::TemporaryFolder folder;
  write_trial_file(folder / "sound.h5", test::sample_record());
  const test::PythonResult python = test::run_python(
      "write_lying_files.py", {(folder / "sound.h5").string(), folder.path().string()});
  ASSERT_EQ(python.exit_code, 0) << python.output;

  EXPECT_EQ(read_trial_file(folder / "unchanged.h5").config, test::sample_record().config);
  for (const Lie& lie : std::initializer_list<Lie>{
           {"huge_floats.h5", "'/train/loss' claims more values"},
           {"huge_texts.h5", "'/test/rte/predictions' claims more values"},
           {"integer_loss.h5", "'/train/loss' holds integers (expected a data set of floating"},
           {"text_loss.h5", "'/train/loss' holds strings"},
           {"short_loss.h5", "'/train/loss' has 2 rows (expected 3"},
           {"two_dimensions.h5", "'/train/loss' has 2 dimensions (expected 1)"},
           {"group_as_data.h5", "'/train/loss' is not a data set"},
           {"no_test.h5", "'/test' is missing (expected a group)"},
           {"version.h5", "is of format 99 (this program reads up to 1)"},
           {"format.h5", "'/@format' is 'other'"},
           {"seed_text.h5", "'/@seed' holds strings (expected integers)"},
           {"external_link.h5", "'/parameters' is missing"}}) {
    try {
      read_trial_file(folder / lie.file);
      ADD_FAILURE() << lie.file << " was read";
    } catch (const StoreError& error) {
      EXPECT_THAT(error.what(), HasSubstr(lie.file));
      EXPECT_THAT(error.what(), HasSubstr(lie.expected));
    }
  }
}

}  // namespace
}  // namespace attempt::results
