#include "runner/cli/sbatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "runner/cli/environment_error.h"
#include "runner/cli/usage_error.h"
#include "tests/support/test_support.h"

namespace attempt::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Commands that fail as a test wants: the real ones are called in tests/slurm.
class SbatchTest : public testing::Test {
 protected:
  SbatchTest() {
    ::setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
    command("scancel", "echo \"$*\" >>" + taken_back().string());
  }
  ~SbatchTest() override { ::setenv("PATH", path_.c_str(), 1); }

  void command(const std::string& name, const std::string& script) const {
    test::write_file(folder_ / name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
  }
  /// The first call gets job 7; the second one does as `script` says.
  void second_call(const std::string& script) const {
    const std::string mark = (folder_ / "called").string();
    command("sbatch", "[ -e " + mark + " ] || { echo 7 | tee " + mark + "; exit; }\n" + script);
  }
  std::filesystem::path taken_back() const { return folder_ / "taken_back"; }
  std::vector<std::string> submit(std::vector<JobPlace> places,
                                  std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    return submit_jobs("job.sh", places, limit);
  }

  const std::string path_ = std::getenv("PATH");
  const test::TemporaryFolder folder_;
};

TEST_F(SbatchTest, GivesTheIdAlsoOfAFederation) {
  command("sbatch", "echo '12;north'");
  EXPECT_THAT(submit({{}, {}}), ElementsAre("12", "12"));
}

TEST_F(SbatchTest, JobsOfAChainWaitForTheOneOfTheirName) {
  command("sbatch", "echo \"$*\"");
  EXPECT_THAT(
      submit({{"mine", true}, {}}),
      ElementsAre("--job-name=mine --dependency=singleton --parsable job.sh", "--parsable job.sh"));
}

TEST_F(SbatchTest, ARefusalIsTold) {
  command("sbatch", "echo 'error: no such partition' >&2; exit 1");
  EXPECT_THAT([&] { submit({{}}); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("Nothing is queued"),
                                              HasSubstr("\n  error: no such partition"))));
  EXPECT_FALSE(std::filesystem::exists(taken_back()));
}

TEST_F(SbatchTest, WithoutAnAnswerInTimeTheJobMayBeQueued) {
  second_call("exec sleep 60");
  EXPECT_THAT(
      [&] {
        submit({{}, {}}, std::chrono::seconds(3));
      },
      ThrowsMessage<EnvironmentError>(
          AllOf(HasSubstr("did not end within 0.05 minutes and was stopped"),
                HasSubstr("may be queued all the same: look with `squeue --me`"))));
  EXPECT_EQ(test::read_file(taken_back()), "7\n");
}

TEST_F(SbatchTest, KilledByAnotherTheJobMayBeQueued) {
  second_call("kill -9 $$");
  EXPECT_THAT(
      [&] {
        submit({{}, {}});
      },
      ThrowsMessage<EnvironmentError>(
          AllOf(HasSubstr("sbatch was killed by signal 9, not by this program"),
                HasSubstr("may be queued all the same: look with `squeue --me`"))));
  EXPECT_EQ(test::read_file(taken_back()), "7\n");
}

TEST_F(SbatchTest, JobsThatCannotBeTakenBackAreNamed) {
  second_call("exit 1");
  command("scancel", "exit 1");
  testing::internal::CaptureStderr();
  EXPECT_THROW(submit({{}, {}}), UsageError);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("scancel 7\n"));
}

}  // namespace
}  // namespace attempt::cli
