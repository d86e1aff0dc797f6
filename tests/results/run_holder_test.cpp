#include "results/run_holder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "results/lease.h"
#include "tests/results/study_fixture.h"

namespace attempt::results {
namespace {

using std::chrono::milliseconds;

class RunHolderTest : public test::StudyTest {
 protected:
  /// A process that has ended.
  static RunHolder gone() {
    RunHolder holder = this_process("gone");
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    holder.pid = child;
    return holder;
  }
};

TEST_F(RunHolderTest, ASecondRunIsToldWhoHoldsTheStudy) {
  RunHolder first = this_process("first");
  ASSERT_FALSE(take_study(folder_, first, milliseconds(0)));
  std::thread beats([&] {
    for (int i = 0; i < 10; ++i) {
      std::this_thread::sleep_for(milliseconds(50));
      EXPECT_TRUE(beat(folder_, first));
    }
  });

  const auto holder = take_study(folder_, this_process("second"), milliseconds(5000));

  beats.join();
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->run_id, "first");
  EXPECT_NE(describe(*holder).find(std::to_string(::getpid())), std::string::npos);
}

TEST_F(RunHolderTest, ARunThatIsGoneIsFollowedAtOnce) {
  ASSERT_FALSE(take_study(folder_, gone(), milliseconds(0)));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(take_study(folder_, this_process("next"), milliseconds(60000)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(RunHolderTest, AStalledRunLosesTheStudyAndFindsOut) {
  RunHolder stalled = this_process("stalled");
  ASSERT_FALSE(take_study(folder_, stalled, milliseconds(0)));
  RunHolder next = this_process("next");
  EXPECT_FALSE(take_study(folder_, next, milliseconds(300)));
  EXPECT_FALSE(beat(folder_, stalled));
  EXPECT_TRUE(beat(folder_, next));
  leave_study(folder_, "stalled");
  EXPECT_EQ(read_holder(folder_)->run_id, "next");
  leave_study(folder_, "next");
  EXPECT_FALSE(read_holder(folder_));
}

TEST_F(RunHolderTest, ABeatNeverOverwritesATakeOver) {
  for (int i = 0; i < 100; ++i) {
    RunHolder old = this_process("old" + std::to_string(i));
    RunHolder next = this_process("next" + std::to_string(i));
    ASSERT_FALSE(take_study(folder_, old, milliseconds(0)));
    std::atomic<bool> has_begun = false;
    std::thread beats([&] {
      while (beat(folder_, old)) has_begun = true;
    });
    while (!has_begun) std::this_thread::yield();

    EXPECT_FALSE(take_study(folder_, next, milliseconds(0)));

    beats.join();
    EXPECT_TRUE(beat(folder_, next));
    leave_study(folder_, next.run_id);
  }
}

TEST_F(RunHolderTest, OfManyThatComeAtOnceOneHoldsIt) {
  constexpr int kRuns = 8;
  ASSERT_FALSE(take_study(folder_, gone(), milliseconds(0)));
  std::atomic<int> holders = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> runs;
  for (int i = 0; i < kRuns; ++i) {
    runs.emplace_back([&, i] {
      RunHolder mine = this_process("run" + std::to_string(i));
      if (take_study(folder_, mine, milliseconds(3000))) {
        ++refused;
        return;
      }
      ++holders;
      while (holders + refused < kRuns) {
        EXPECT_TRUE(beat(folder_, mine));
        std::this_thread::sleep_for(milliseconds(20));
      }
    });
  }
  for (std::thread& run : runs) run.join();
  EXPECT_EQ(holders, 1);
}

TEST_F(RunHolderTest, ADamagedHolderIsWaitedForAsAnyOther) {
  ASSERT_FALSE(take_study(folder_, this_process("first"), milliseconds(0)));
  std::ofstream(folder_.root() / "run" / "holder.1.json") << "{";
  EXPECT_FALSE(is_known_gone(*read_holder(folder_)));
  EXPECT_FALSE(take_study(folder_, this_process("next"), milliseconds(300)));
  EXPECT_EQ(read_holder(folder_)->run_id, "next");
}

TEST_F(RunHolderTest, TheLaunchersProcessHandsTheStudyToItsManager) {
  ASSERT_FALSE(take_study(folder_, this_process("run"), milliseconds(0)));
  RunHolder manager = this_process("run");
  manager.pid = 1;
  EXPECT_FALSE(take_study(folder_, manager, milliseconds(60000)));
  EXPECT_EQ(read_holder(folder_)->pid, 1);
}

TEST_F(RunHolderTest, AProcessOfAnotherMachineIsNeverKnownToBeGone) {
  RunHolder far = gone();
  EXPECT_TRUE(is_known_gone(far));
  far.machine = "another boot";
  EXPECT_FALSE(is_known_gone(far));
}

TEST_F(RunHolderTest, ALeaseIsOfOneAttempt) {
  EXPECT_TRUE(is_lease_ours(folder_, "t", {"run", 1}));  // nobody's
  write_lease(folder_, "t", {"run", 1});
  EXPECT_TRUE(is_lease_ours(folder_, "t", {"run", 1}));
  EXPECT_FALSE(is_lease_ours(folder_, "t", {"run", 2}));
  write_lease(folder_, "t", {"run", 2});
  EXPECT_FALSE(is_lease_ours(folder_, "t", {"run", 1}));
}

}  // namespace
}  // namespace attempt::results
