#include "runner/process/launcher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/test_support.h"

namespace attempt::process {
namespace {

/// Launches a study under a stand-in for mpirun.
class LauncherTest : public testing::Test {
 protected:
  /// @param script  of the stand-in
  LaunchEnd launch_under(const std::string& script) {
    const std::filesystem::path mpirun = folder_.path() / "mpirun";
    test::write_file(mpirun, "#!/bin/sh\n" + script);
    std::filesystem::permissions(mpirun, std::filesystem::perms::owner_all);
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", (folder_.path().string() + ":" + path).c_str(), 1);
    const StopSignals signals;
    const auto begin = std::chrono::steady_clock::now();
    LaunchEnd end = launch({.workers = 2,
                            .command = {"/bin/true"},
                            .exit_file = folder_.path() / "r1.exit",
                            .stop_file = folder_.path() / "stop"},
                           signals);
    took_ = std::chrono::steady_clock::now() - begin;
    ::setenv("PATH", path.c_str(), 1);
    return end;
  }

  const test::TemporaryFolder folder_;
  std::chrono::steady_clock::duration took_{};
};

// Open MPI stays now and then where a rank is lost while it starts; these stand-ins always do.

TEST_F(LauncherTest, AnMpirunThatStaysWhenItsManagerHasEndedIsEnded) {
  const LaunchEnd end =
      launch_under("OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=2 sleep 0.5 &\nexec sleep 100\n");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_NE(end.problem.find("was not written"), std::string::npos) << end.problem;
  EXPECT_LT(took_, std::chrono::seconds(15));
}

TEST_F(LauncherTest, AnMpirunThatStaysWhenAllRanksWereHereAndHaveEndedIsEnded) {
  const LaunchEnd end = launch_under(
      "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=2 sleep 0.5 &\n"
      "exec sleep 100\n");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_LT(took_, std::chrono::seconds(15));
}

TEST_F(LauncherTest, AnMpirunWhoseManagerIsElsewhereIsLeftAlone) {
  // A shell that has started a remote host, and an agent that was lost here.
  const LaunchEnd end = launch_under(
      "sleep 0.5 &\n"
      "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=1 sleep 0.5 &\n"
      "exec sleep 9\n");
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_GE(took_, std::chrono::seconds(9));
}

}  // namespace
}  // namespace attempt::process
