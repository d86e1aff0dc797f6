#include "runner/process/launcher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/test_support.h"

namespace attempt::process {
namespace {

TEST(LauncherTest, AnMpirunThatStaysWhenItsRanksHaveEndedIsEnded) {
  // Open MPI does so now and then where a rank is lost while it starts; this stand-in always does.
  const test::TemporaryFolder folder;
  const std::filesystem::path mpirun = folder.path() / "mpirun";
  test::write_file(mpirun, "#!/bin/sh\nsleep 0.5 &\nexec sleep 100\n");
  std::filesystem::permissions(mpirun, std::filesystem::perms::owner_all);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (folder.path().string() + ":" + path).c_str(), 1);
  const StopSignals signals;
  const auto begin = std::chrono::steady_clock::now();
  const LaunchEnd end = launch({.workers = 2,
                                .command = {"/bin/true"},
                                .exit_file = folder.path() / "r1.exit",
                                .stop_file = folder.path() / "stop"},
                               signals);
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(end.exit_code, 3);
  EXPECT_NE(end.problem.find("was not written"), std::string::npos) << end.problem;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15));
}

}  // namespace
}  // namespace attempt::process
