#include "runner/train/checkpoint_writer.h"

#include <gtest/gtest.h>

#include <functional>

#include "results/lease.h"
#include "tests/support/test_support.h"

namespace attempt::train {
namespace {

class CheckpointWriterTest : public ::testing::Test {
 protected:
  CheckpointWriterTest() : folder_(temporary_ / "study") { folder_.create(); }

  static results::Checkpoint checkpoint(std::int64_t step, std::size_t floats) {
    results::Checkpoint made;
    made.trial_id = "t";
    made.step = step;
    made.parameters = {
        {"w", {static_cast<std::int64_t>(floats)}, std::vector<float>(floats, 0.5F)}};
    return made;
  }
  static std::string cause_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const TrialFailure& failure) {
      return failure.cause;
    }
    return "";
  }

  const test::TemporaryFolder temporary_;
  const results::StudyFolder folder_;
};

TEST_F(CheckpointWriterTest, ALargeStateIsWrittenWhileTrainingGoesOn) {
  CheckpointWriter writer(folder_, {"run", 1}, 0);
  writer.write(checkpoint(1, std::size_t{6} << 20));  // 24 MB
  writer.finish();
  EXPECT_EQ(results::find_checkpoint(folder_, "t").checkpoint->step, 1);
  EXPECT_GT(writer.last_seconds(), 0);
  EXPECT_FALSE(writer.is_due());  // a hundred times the time that it took
}

TEST_F(CheckpointWriterTest, ASmallStateIsOnDiskAtOnce) {
  CheckpointWriter writer(folder_, {"run", 1}, 0);
  writer.write(checkpoint(3, 10));
  EXPECT_EQ(results::find_checkpoint(folder_, "t").checkpoint->step, 3);
}

TEST_F(CheckpointWriterTest, AnAttemptThatLostItsTrialWritesNothing) {
  CheckpointWriter writer(folder_, {"run", 1}, 0);
  results::write_lease(folder_, "t", {"run", 2});
  EXPECT_EQ(cause_of([&] { writer.write(checkpoint(1, 10)); }), "fenced");
  EXPECT_FALSE(results::find_checkpoint(folder_, "t").checkpoint);
}

TEST_F(CheckpointWriterTest, ARefusingDiskIsNoFaultOfTheTrial) {
  std::filesystem::remove_all(folder_.checkpoints());
  test::write_file(folder_.checkpoints(), "not a folder");
  CheckpointWriter writer(folder_, {"run", 1}, 0);
  EXPECT_EQ(cause_of([&] { writer.write(checkpoint(1, 10)); }), "disk");
}

}  // namespace
}  // namespace attempt::train
