#include "results/study_members.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "results/lease.h"
#include "tests/results/study_fixture.h"

namespace attempt::results {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class StudyMembersTest : public test::StudyTest {
 protected:
  /// As of another machine: its process can't be looked for here.
  static RunHolder far_run(const std::string& run_id) {
    RunHolder run = this_process(run_id);
    run.machine = "another boot";
    return run;
  }

  const MemberWatch::Clock::time_point start_ = MemberWatch::Clock::now();
};

TEST_F(StudyMembersTest, RunsThatJoinShareTheStudy) {
  EXPECT_FALSE(join_study(folder_, this_process("a"), milliseconds(0)));
  EXPECT_FALSE(join_study(folder_, this_process("b"), milliseconds(0)));
  MemberWatch watch(folder_, seconds(10));
  watch.look(start_);
  EXPECT_TRUE(watch.is_alive("a") && watch.is_alive("b"));
  leave_members(folder_, "a");
  watch.look(start_);
  EXPECT_FALSE(watch.is_alive("a"));
  EXPECT_TRUE(watch.is_alive("b"));
}

TEST_F(StudyMembersTest, AMemberLivesAsLongAsItsBeatChanges) {
  RunHolder member = far_run("a");
  join_study(folder_, member, milliseconds(0));
  MemberWatch watch(folder_, seconds(10));
  watch.look(start_);
  watch.look(start_ + seconds(9));
  EXPECT_TRUE(watch.is_alive("a"));
  EXPECT_TRUE(beat_member(folder_, member));
  watch.look(start_ + seconds(9));
  watch.look(start_ + seconds(18));
  EXPECT_TRUE(watch.is_alive("a"));
  watch.look(start_ + seconds(20));
  EXPECT_FALSE(watch.is_alive("a"));
  beat_member(folder_, member);
  watch.look(start_ + seconds(21));
  EXPECT_TRUE(watch.is_alive("a")) << "it was stopped and goes on";
}

TEST_F(StudyMembersTest, ARunThatHoldsTheStudyAloneLetsNobodyJoin) {
  RunHolder alone = far_run("alone");
  ASSERT_FALSE(take_study(folder_, alone, milliseconds(0)));
  std::atomic<bool> is_refused = false;
  std::thread beats([&] {
    while (!is_refused) {
      EXPECT_TRUE(beat(folder_, alone));
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  const auto holder = join_study(folder_, this_process("joins"), milliseconds(20000));
  is_refused = true;
  beats.join();
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->run_id, "alone");
  MemberWatch watch(folder_, seconds(10));
  watch.look(start_);
  EXPECT_EQ(watch.count(), 0U) << "whoever is refused leaves nothing";
}

TEST_F(StudyMembersTest, AStalledRunThatHeldItAloneFindsOut) {
  RunHolder stalled = far_run("stalled");
  ASSERT_FALSE(take_study(folder_, stalled, milliseconds(0)));
  EXPECT_FALSE(join_study(folder_, this_process("joins"), milliseconds(300)));
  EXPECT_FALSE(beat(folder_, stalled));
}

TEST_F(StudyMembersTest, NobodyTakesAStudyWhoseMembersLive) {
  RunHolder member = far_run("member");
  ASSERT_FALSE(join_study(folder_, member, milliseconds(0)));
  std::atomic<bool> is_found = false;
  std::thread beats([&] {
    while (!is_found) {
      beat_member(folder_, member);
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  const auto living = living_member(folder_, milliseconds(20000));
  is_found = true;
  beats.join();
  ASSERT_TRUE(living);
  EXPECT_EQ(living->run_id, "member");
}

TEST_F(StudyMembersTest, AStalledMemberFindsOutThatTheStudyWasTaken) {
  RunHolder member = far_run("member");
  ASSERT_FALSE(join_study(folder_, member, milliseconds(0)));
  ASSERT_FALSE(take_study(folder_, this_process("alone"), milliseconds(0)));
  EXPECT_FALSE(living_member(folder_, milliseconds(300)));
  EXPECT_FALSE(beat_member(folder_, member));
}

TEST_F(StudyMembersTest, TheLaterOfTwoMembersGivesADeviceWay) {
  RunHolder first = far_run("1");
  RunHolder second = far_run("2");
  first.devices = {"node1 GPU-a", "node1 GPU-b"};
  second.devices = {"node1 GPU-b"};
  join_study(folder_, first, milliseconds(0));
  join_study(folder_, second, milliseconds(0));
  MemberWatch watch(folder_, seconds(10));
  watch.look(start_);
  EXPECT_EQ(watch.shared_device(first), "");
  EXPECT_TRUE(watch.shared_device(second).starts_with("node1 GPU-b, which run 1 "));
  second.devices = {"node2 GPU-b"};
  EXPECT_EQ(watch.shared_device(second), "");
}

class LeaseTest : public test::StudyTest {};

TEST_F(LeaseTest, OfManyThatClaimAnAttemptOneGetsIt) {
  constexpr int kRuns = 8;
  for (std::int64_t attempt = 1; attempt <= 20; ++attempt) {
    std::atomic<int> holders = 0;
    std::vector<std::thread> runs;
    for (int i = 0; i < kRuns; ++i) {
      runs.emplace_back([&, i] {
        const Lease mine{"run" + std::to_string(i), attempt};
        const bool is_ours = claim_lease(folder_, "t", mine);
        holders += is_ours ? 1 : 0;
        EXPECT_EQ(is_lease_ours(folder_, "t", mine), is_ours);
      });
    }
    for (std::thread& run : runs) run.join();
    EXPECT_EQ(holders, 1);
  }
}

TEST_F(LeaseTest, ATakeOverFencesTheLateHolder) {
  ASSERT_TRUE(claim_lease(folder_, "t", {"late", 1}));
  EXPECT_TRUE(is_lease_ours(folder_, "t", {"late", 1}));
  ASSERT_TRUE(claim_lease(folder_, "t", {"next", 2}));
  EXPECT_FALSE(is_lease_ours(folder_, "t", {"late", 1}));
  // The late one's last write, done after the take-over, fences nobody.
  test::write_file(folder_.lease("t"), "late 1\n");
  EXPECT_TRUE(is_lease_ours(folder_, "t", {"next", 2}));
}

TEST_F(LeaseTest, NumbersNeverGoBack) {
  ASSERT_TRUE(claim_lease(folder_, "t", {"a", 5}));
  EXPECT_FALSE(claim_lease(folder_, "t", {"b", 4}));
  EXPECT_EQ(latest_attempts(folder_).at("t"), 5);
}

TEST_F(LeaseTest, AReleasedTrialSaysWhatItLost) {
  ASSERT_TRUE(claim_lease(folder_, "t", {"a", 1}));
  release_lease(folder_, "t", {"a", 1, /*faults=*/2});
  const Lease lease = read_lease(folder_, "t", 1);
  EXPECT_EQ(lease.run_id, "a");
  EXPECT_EQ(lease.faults, 2);
  EXPECT_TRUE(lease.is_released);
}

}  // namespace
}  // namespace attempt::results
