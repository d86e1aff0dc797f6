#include "runner/process/slurm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "runner/process/deadline.h"
#include "runner/process/program.h"
#include "tests/support/test_support.h"

namespace attempt::process {
namespace {

TEST(SlurmTest, ReadsTimesAsSlurmWritesThem) {
  EXPECT_EQ(slurm_seconds("90"), 90 * 60);
  EXPECT_EQ(slurm_seconds("1:30"), 90);
  EXPECT_EQ(slurm_seconds("1:30:05"), 5405);
  EXPECT_EQ(slurm_seconds("2-12"), 60 * 3600);
  EXPECT_EQ(slurm_seconds("2-12:30"), 60 * 3600 + 1800);
  EXPECT_EQ(slurm_seconds("2-12:30:01"), 60 * 3600 + 1801);
  for (const char* text : {"", "1h", "UNLIMITED", "INVALID", "1:2:3:4", "-5", "1-"}) {
    EXPECT_FALSE(slurm_seconds(text)) << text;
  }
}

TEST(SlurmTest, WithoutSqueueTheEndTimeOfTheEnvironmentHolds) {
  const std::string path = std::getenv("PATH");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  ::setenv("PATH", "/nowhere", 1);
  ::setenv("SLURM_JOB_ID", "1", 1);
  ::setenv("SLURM_JOB_END_TIME", std::to_string(now.count() + 600).c_str(), 1);
  const auto left = slurm_seconds_left();
  ::unsetenv("SLURM_JOB_END_TIME");
  const auto unknown = slurm_seconds_left();
  ::unsetenv("SLURM_JOB_ID");
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_TRUE(left);
  EXPECT_NEAR(*left, 600, 2);
  EXPECT_FALSE(unknown);
}

/// A controller that says what a test wants: the real one is asked in tests/slurm.
class SqueueTest : public ::testing::Test {
 protected:
  SqueueTest() { ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1); }
  ~SqueueTest() override {
    ::setenv("PATH", path_.c_str(), 1);
    ::unsetenv("SLURM_JOB_ID");
  }
  void squeue_says(const std::string& text) const {
    const auto file = folder_ / "squeue";
    test::write_file(file, "#!/bin/sh\necho >>" + (folder_ / "calls").string() + "\ncat <<'END'\n" +
                               text + "END\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }

  const std::string path_ = std::getenv("PATH");
  const test::TemporaryFolder folder_;
};

TEST_F(SqueueTest, AJobWithoutLimitHasForEver) {
  ::setenv("SLURM_JOB_ID", "1", 1);
  squeue_says("UNLIMITED\n");
  EXPECT_EQ(slurm_seconds_left(), std::numeric_limits<double>::infinity());
  squeue_says("INVALID\n");
  EXPECT_FALSE(slurm_seconds_left());
}

TEST_F(SqueueTest, AllJobsAreAskedForInOneCall) {
  squeue_says("8|PENDING|Resources|10:00\n7|RUNNING|None|1:00\n");
  const auto jobs = slurm_jobs({"7", "8", "9"});
  ASSERT_EQ(jobs.size(), 3U);
  EXPECT_EQ(jobs[0].state, "RUNNING");
  EXPECT_EQ(jobs[0].reason, "");
  EXPECT_EQ(jobs[1].reason, "Resources");
  EXPECT_EQ(jobs[1].left, "10:00");
  EXPECT_EQ(jobs[2].left, "");
  EXPECT_EQ(test::read_file(folder_ / "calls"), "\n");
}

TEST(DeadlineTest, OutsideAJobTheLimitHolds) {
  EXPECT_FALSE(Deadline(std::nullopt).end());
  const auto limit = Deadline::Clock::now();
  EXPECT_EQ(Deadline(limit).end(), limit);
}

TEST(ProgramTest, GivesOutputErrorsAndCode) {
  const ProgramEnd end =
      run_program({"sh", "-c", "echo out; echo err >&2; exit 4"}, std::chrono::seconds(10));
  EXPECT_EQ(end.exit_code, 4);
  EXPECT_EQ(end.output, "out\n");
  EXPECT_EQ(end.errors, "err\n");
  EXPECT_EQ(run_program({"attempt-no-such-program"}, std::chrono::seconds(1)).exit_code, 127);
}

TEST(ProgramTest, EndsWhatTakesTooLong) {
  const ProgramEnd end = run_program({"sleep", "60"}, std::chrono::milliseconds(50));
  EXPECT_EQ(end.exit_code, 128 + 9);
  EXPECT_TRUE(end.is_over_limit);
}

}  // namespace
}  // namespace attempt::process
