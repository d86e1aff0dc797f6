#include "runner/process/trainer_process.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>

#include "tests/support/test_support.h"

namespace attempt::process {
namespace {

TrainerStart start_in(const test::TemporaryFolder& folder) {
  TrainerStart start;
  start.executable = ATTEMPT_TEST_TRAINER;
  start.log = folder / "trainer.log";
  return start;
}

bool ends_soon(TrainerProcess& trainer) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(4);
  while (!trainer.has_ended() && std::chrono::steady_clock::now() < end) {
    trainer.channel().wait_readable(5);
  }
  return trainer.has_ended();
}

std::optional<Message> next(TrainerProcess& trainer) {
  for (int i = 0; i < 400; ++i) {
    if (auto message = trainer.channel().receive()) return message;
    trainer.channel().wait_readable(10);
  }
  return std::nullopt;
}

TEST(TrainerProcessTest, GreetsAndLeavesWhenStopped) {
  const test::TemporaryFolder folder;
  TrainerProcess trainer(start_in(folder));
  const auto hello = next(trainer);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->as<Hello>().pid, trainer.pid());
  trainer.channel().send(make_message(Stop{}));
  ASSERT_TRUE(ends_soon(trainer));
  EXPECT_EQ(trainer.end().exit_code, 0);
}

TEST(TrainerProcessTest, SaysWhichSignalKilledIt) {
  const test::TemporaryFolder folder;
  TrainerProcess trainer(start_in(folder));
  ASSERT_TRUE(next(trainer));
  trainer.kill();
  ASSERT_TRUE(ends_soon(trainer));
  EXPECT_EQ(cause_of(trainer.end()), "signal:9");
  EXPECT_EQ(describe(trainer.end()), "killed by signal 9 (out-of-memory killer?)");
}

TEST(TrainerProcessTest, MissingExecutableEndsWithCodeAndLogLine) {
  const test::TemporaryFolder folder;
  TrainerStart start = start_in(folder);
  start.executable = folder / "nothing";
  TrainerProcess trainer(start);
  ASSERT_TRUE(ends_soon(trainer));
  EXPECT_EQ(cause_of(trainer.end()), "exit:127");
  EXPECT_NE(test::read_file(start.log).find("nothing"), std::string::npos);
}

TEST(TrainerProcessTest, TakesNoLauncherVariablesAndNoDescriptors) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "env.sh", "#!/bin/sh\nenv; ls /proc/self/fd | tr '\\n' ' '\n");
  std::filesystem::permissions(folder / "env.sh", std::filesystem::perms::owner_all);
  ::setenv("OMPI_TEST", "1", 1);
  ::setenv("PMIX_TEST", "1", 1);
  TrainerStart start = start_in(folder);
  start.executable = folder / "env.sh";
  start.threads = 3;
  TrainerProcess trainer(start);
  ASSERT_TRUE(ends_soon(trainer));
  ::unsetenv("OMPI_TEST");
  ::unsetenv("PMIX_TEST");
  const std::string log = test::read_file(start.log);
  EXPECT_EQ(log.find("OMPI_"), std::string::npos);
  EXPECT_EQ(log.find("PMIX_"), std::string::npos);
  EXPECT_NE(log.find("OMP_NUM_THREADS=3\n"), std::string::npos);
  // `ls` itself opens one more (the folder).
  EXPECT_NE(log.find("0 1 2 3 4 "), std::string::npos) << log;
  EXPECT_EQ(log.find(" 5 "), std::string::npos) << log;
}

TEST(TrainerProcessTest, DestructorLeavesNoProcess) {
  const test::TemporaryFolder folder;
  pid_t pid = 0;
  {
    TrainerProcess trainer(start_in(folder));
    pid = trainer.pid();
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(UsableCpusTest, KeepsToWhatTheLauncherWasGiven) {
  const std::vector<int> all = usable_cpus(/*ignore_binding=*/true);
  ::setenv(kLauncherCpus, cpu_list({all.back()}).c_str(), 1);
  EXPECT_EQ(usable_cpus(/*ignore_binding=*/true), std::vector<int>{all.back()});
  ::setenv(kLauncherCpus, "1000", 1);  // of another machine
  EXPECT_EQ(usable_cpus(/*ignore_binding=*/true), all);
  ::unsetenv(kLauncherCpus);
}

TEST(ShareOfCpusTest, DividesAllAndNeverGivesNone) {
  EXPECT_EQ(share_of_cpus({4, 5, 6, 7}, 0, 2), (std::vector<int>{4, 5}));
  EXPECT_EQ(share_of_cpus({4, 5, 6, 7}, 1, 2), (std::vector<int>{6, 7}));
  EXPECT_EQ(share_of_cpus({4, 5, 6}, 1, 2), (std::vector<int>{5, 6}));
  EXPECT_EQ(share_of_cpus({4, 5}, 3, 4), (std::vector<int>{5}));
}

}  // namespace
}  // namespace attempt::process
