#include "results/checkpoint_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>

#include "tests/results/sample_record.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Checkpoint sample_checkpoint(std::int64_t step) {
  Checkpoint checkpoint;
  checkpoint.trial_id = "t";
  checkpoint.run_id = "r";
  checkpoint.attempt = 2;
  checkpoint.step = step;
  const float odd = std::bit_cast<float>(0x7fc12345U);  // a NaN with a payload
  checkpoint.parameters = {
      {"prompt", {2, 2}, {1.0F / 3, -0.0F, std::numeric_limits<float>::denorm_min(), odd}}};
  checkpoint.best_parameters = {{"prompt", {1}, {2.5F}}};
  checkpoint.optimizer = {{"prompt.exp_avg", {1}, {0.1F}}, {"prompt.a", {}, {3.0F}}};
  checkpoint.generators = {{"dropout", {0, 1, 255, 128}}, {"none", {}}};
  checkpoint.record = test::sample_record();
  checkpoint.state = R"({"loss": 0.1})";
  return checkpoint;
}

class CheckpointFileTest : public ::testing::Test {
 protected:
  CheckpointFileTest() : folder_(temporary_.path()) { folder_.create(); }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.checkpoints("t"))) {
      found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  const test::TemporaryFolder temporary_;
  const StudyFolder folder_;
};

TEST_F(CheckpointFileTest, GivesBackEveryBit) {
  const Checkpoint written = sample_checkpoint(7);
  write_checkpoint(folder_, written);

  const FoundCheckpoint found = find_checkpoint(folder_, "t");
  ASSERT_TRUE(found.checkpoint.has_value());
  const Checkpoint& read = *found.checkpoint;

  EXPECT_EQ(read.run_id, "r");
  EXPECT_EQ(read.attempt, 2);
  EXPECT_EQ(read.step, 7);
  EXPECT_EQ(read.state, written.state);
  EXPECT_EQ(read.generators, written.generators);
  ASSERT_EQ(read.parameters.size(), 1U);
  EXPECT_EQ(read.parameters[0].shape, written.parameters[0].shape);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(read.parameters[0].values[i]),
              std::bit_cast<std::uint32_t>(written.parameters[0].values[i]));
  }
  ASSERT_EQ(read.optimizer.size(), 2U);
  EXPECT_EQ(read.optimizer[0].name, "prompt.exp_avg");
  EXPECT_THAT(read.optimizer[1].shape, IsEmpty());
  EXPECT_THAT(read.optimizer[1].values, ElementsAre(3.0F));
  EXPECT_EQ(read.record.train.loss, written.record.train.loss);
  EXPECT_EQ(read.record.config, written.record.config);
}

TEST_F(CheckpointFileTest, KeepsTheNewestTwoAndAdoptsTheHighest) {
  for (const std::int64_t step : {10, 20, 30}) write_checkpoint(folder_, sample_checkpoint(step));

  EXPECT_THAT(names(), ElementsAre("r.2.20.h5", "r.2.30.h5"));
  EXPECT_EQ(find_checkpoint(folder_, "t").checkpoint->step, 30);
}

TEST_F(CheckpointFileTest, ANewBeginningIsNotCrowdedOutByHigherSteps) {
  write_checkpoint(folder_, sample_checkpoint(100));
  write_checkpoint(folder_, sample_checkpoint(200));
  for (const std::string& name : names()) {
    test::write_file(folder_.checkpoints("t") / name, "damaged");
    fs::last_write_time(folder_.checkpoints("t") / name,
                        fs::file_time_type::clock::now() - std::chrono::hours(1));
  }

  write_checkpoint(folder_, sample_checkpoint(1));
  write_checkpoint(folder_, sample_checkpoint(2));

  EXPECT_THAT(names(), ElementsAre("r.2.1.h5", "r.2.2.h5"));
}

TEST_F(CheckpointFileTest, AnyDamageMeansTheOneBefore) {
  write_checkpoint(folder_, sample_checkpoint(10));
  write_checkpoint(folder_, sample_checkpoint(20));
  const fs::path last = folder_.checkpoints("t") / "r.2.20.h5";
  const std::string whole = test::read_file(last);

  for (std::size_t at = 0; at < whole.size(); at += whole.size() / 60) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    test::write_file(last, bytes);
    const FoundCheckpoint flipped = find_checkpoint(folder_, "t");
    ASSERT_EQ(flipped.checkpoint->step, 10) << at;
    ASSERT_THAT(flipped.unsound, ElementsAre(last.string()));

    test::write_file(last, whole.substr(0, at));
    ASSERT_EQ(find_checkpoint(folder_, "t").checkpoint->step, 10) << at;
  }
}

TEST_F(CheckpointFileTest, OnesOfAnotherTrialOrStepAreNotAdopted) {
  write_checkpoint(folder_, sample_checkpoint(10));
  fs::create_directories(folder_.checkpoints("u"));
  fs::copy(folder_.checkpoints("t") / "r.2.10.h5", folder_.checkpoints("u") / "r.2.10.h5");
  fs::rename(folder_.checkpoints("t") / "r.2.10.h5", folder_.checkpoints("t") / "r.2.99.h5");

  EXPECT_FALSE(find_checkpoint(folder_, "u").checkpoint.has_value());
  EXPECT_EQ(find_checkpoint(folder_, "t").unsound.size(), 1U);
}

TEST_F(CheckpointFileTest, RemovesWhatAKilledWriterLeft) {
  const fs::path left = folder_.checkpoints("t") / ".r.1.5.h5.tmp";
  test::write_file(left, "half");
  fs::last_write_time(left, fs::file_time_type::clock::now() - std::chrono::hours(2));

  write_checkpoint(folder_, sample_checkpoint(10));

  EXPECT_THAT(names(), ElementsAre("r.2.10.h5"));
}

TEST_F(CheckpointFileTest, OtherFilesAreLeftAlone) {
  test::write_file(folder_.checkpoints("t") / "notes.txt", "");
  test::write_file(folder_.checkpoints("t") / ".r.2.5.h5.tmp", "");
  write_checkpoint(folder_, sample_checkpoint(10));

  EXPECT_THAT(find_checkpoint(folder_, "t").unsound, IsEmpty());
  EXPECT_EQ(names().size(), 3U);
  remove_checkpoints(folder_, "t");
  EXPECT_FALSE(fs::exists(folder_.checkpoints("t")));
  remove_checkpoints(folder_, "t");
  EXPECT_FALSE(find_checkpoint(folder_, "t").checkpoint.has_value());
}

}  // namespace
}  // namespace attempt::results
