#include "results/trial_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "results/store_error.h"
#include "tests/results/sample_record.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string error_of(const std::filesystem::path& path) {
  try {
    read_trial_file(path);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "";
}

TEST(TrialFileTest, GivesBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  const TrialRecord record = test::sample_record();

  write_trial_file(folder / "a.h5", record);
  const TrialRecord read = read_trial_file(folder / "a.h5");

  EXPECT_EQ(read.trial_id, record.trial_id);
  EXPECT_EQ(read.variant, record.variant);
  EXPECT_EQ(read.tasks, record.tasks);
  EXPECT_EQ(read.seed, record.seed);
  EXPECT_EQ(read.config, record.config);
  EXPECT_EQ(read.depends_on, record.depends_on);
  EXPECT_EQ(read.comparable, true);
  EXPECT_EQ(read.synthetic, false);
  EXPECT_EQ(read.counts, record.counts);
  EXPECT_EQ(read.train.step, record.train.step);
  EXPECT_EQ(read.train.gradient_norm, record.train.gradient_norm);
  EXPECT_TRUE(std::isnan(read.train.task_loss.at("mrpc")[1]));
  EXPECT_EQ(read.train.task_loss.at("rte")[2], 0.1);
  EXPECT_EQ(read.evaluations.metrics, record.evaluations.metrics);
  EXPECT_EQ(read.evaluations.attention_entropy, record.evaluations.attention_entropy);
  EXPECT_EQ(read.evaluations.selection, record.evaluations.selection);
  EXPECT_EQ(read.test.at("rte").metrics, record.test.at("rte").metrics);
  EXPECT_EQ(read.test.at("rte").predictions, record.test.at("rte").predictions);
  EXPECT_THAT(read.test.at("mrpc").predictions, IsEmpty());
  EXPECT_EQ(read.attention.at("mrpc").shape, record.attention.at("mrpc").shape);
  EXPECT_EQ(read.attention.at("mrpc").std, record.attention.at("mrpc").std);
  EXPECT_EQ(read.attention.at("rte").names, record.attention.at("rte").names);
  EXPECT_EQ(read.cost.peak_memory_bytes, record.cost.peak_memory_bytes);
  EXPECT_EQ(read.cost.train_seconds, record.cost.train_seconds);
}

TEST(TrialFileTest, KeepsOrderShapeAndBitsOfParameters) {
  const test::TemporaryFolder folder;
  const TrialRecord record = test::sample_record();

  write_trial_file(folder / "a.h5", record);
  const std::vector<NamedArray> read = read_trial_file(folder / "a.h5").parameters;

  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].name, "prompt");
  EXPECT_EQ(read[1].name, "G.W_down");
  EXPECT_THAT(read[1].tasks, ElementsAre("rte", "größer"));
  EXPECT_THAT(read[0].tasks, IsEmpty());
  EXPECT_THAT(read[2].shape, ElementsAre(0, 4));
  EXPECT_EQ(read[0].values, record.parameters[0].values);
  EXPECT_TRUE(std::signbit(read[0].values[4]));
}

TEST(TrialFileTest, ReadsOneParameter) {
  const test::TemporaryFolder folder;
  write_trial_file(folder / "a.h5", test::sample_record());

  EXPECT_THAT(read_trial_parameter(folder / "a.h5", "G.W_down").values, ElementsAre(0.5F, 0.25F));
  EXPECT_THROW(read_trial_parameter(folder / "a.h5", "nothing"), StoreError);
}

TEST(TrialFileTest, SummaryLeavesOutTheLargeParts) {
  const test::TemporaryFolder folder;
  write_trial_file(folder / "a.h5", test::sample_record());

  const TrialRecord read = read_trial_summary(folder / "a.h5");

  EXPECT_EQ(read.test.at("rte").metrics.at("accuracy"), 61.25);
  EXPECT_THAT(read.test.at("rte").predictions, IsEmpty());
  EXPECT_THAT(read.parameters, IsEmpty());
  EXPECT_THAT(read.train.step, IsEmpty());
}

TEST(TrialFileTest, EqualRecordsGiveEqualBytesLater) {
  const test::TemporaryFolder folder;
  write_trial_file(folder / "a.h5", test::sample_record());
  // HDF5 keeps times in whole seconds.
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  write_trial_file(folder / "b.h5", test::sample_record());

  EXPECT_TRUE(test::read_file(folder / "a.h5") == test::read_file(folder / "b.h5"));
}

TEST(TrialFileTest, NeverOverwrites) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "a.h5", "something");

  EXPECT_THROW(write_trial_file(folder / "a.h5", test::sample_record()), StoreError);
  EXPECT_EQ(test::read_file(folder / "a.h5"), "something");
}

TEST(TrialFileTest, ReplacesNulThatHdf5WouldCutAt) {
  const test::TemporaryFolder folder;
  TrialRecord record = test::sample_record();
  record.test.at("rte").predictions[0] = std::string("a\0b", 3);

  write_trial_file(folder / "a.h5", record);

  EXPECT_EQ(read_trial_file(folder / "a.h5").test.at("rte").predictions[0],
            "a\xEF\xBF\xBD"
            "b");
}

TEST(TrialFileTest, RefusesNamesThatArePaths) {
  const test::TemporaryFolder folder;
  TrialRecord record = test::sample_record();
  record.parameters[0].name = "a/b";

  EXPECT_THROW(write_trial_file(folder / "a.h5", record), StoreError);
}

TEST(TrialFileTest, ErrorsNameTheFile) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "text.h5", "no HDF5 file at all");

  EXPECT_THAT(error_of(folder / "text.h5"), HasSubstr("text.h5: is damaged or not one"));
  EXPECT_THAT(error_of(folder / "absent.h5"), HasSubstr("absent.h5: cannot be read (No such file"));
}

}  // namespace
}  // namespace attempt::results
