#include "runner/process/slurm.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "runner/process/deadline.h"
#include "runner/process/program.h"

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
  EXPECT_EQ(run_program({"sleep", "60"}, std::chrono::milliseconds(50)).exit_code, 128 + 9);
}

}  // namespace
}  // namespace attempt::process
