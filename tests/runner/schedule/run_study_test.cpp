#include "runner/schedule/run_study.h"

#include <gtest/gtest.h>

#include <csignal>

#include "runner/schedule/devices.h"
#include "tests/support/test_support.h"

namespace attempt::schedule {
namespace {

sweep::PlannedTrial trial(const std::string& id, const std::string& label) {
  sweep::PlannedTrial result;
  result.spec.trial_id = id;
  result.spec.label = label;
  return result;
}

/// Stops the study once a trial has begun, the way a person or another node would.
class Stopper final : public RunObserver {
 public:
  explicit Stopper(std::function<void()> stop) : stop_(std::move(stop)) {}
  void trial_started(const process::Assignment&, int) override { stop_(); }
  void trial_ended(const process::Outcome&, int, bool) override {}
  void progress(const StudyCounts&, const std::vector<WorkerState>&) override {}
  void note(const std::string&) override {}

 private:
  std::function<void()> stop_;
};

class RunStudyTest : public testing::Test {
 protected:
  RunStudyTest() : folder_(temporary_ / "study") { folder_.create(); }

  RunResult run(const sweep::Plan& plan, const std::string& run_id,
                RunObserver* observer = nullptr) {
    mpi::Communicator alone;
    return run_study({.plan = &plan,
                      .folder = folder_,
                      .communicator = alone,
                      .run_id = run_id,
                      .trainer = trainer_,
                      .observer = observer,
                      .signals = signals_,
                      .stop_grace_seconds = 1});
  }

  const test::TemporaryFolder temporary_;
  const results::StudyFolder folder_;
  const process::StopSignals signals_;
  std::filesystem::path trainer_ = ATTEMPT_TEST_TRAINER;
};

TEST_F(RunStudyTest, WritesTheExitFileAndRunsNothingTwice) {
  sweep::Plan plan;
  plan.prepare.push_back({.id = "prepare:rte:1"});
  plan.trials = {trial("a", "ok"), trial("b", "ok")};
  plan.needs["a"] = {"prepare:rte:1"};
  EXPECT_EQ(run(plan, "r1").exit_code, 0);
  EXPECT_EQ(test::read_file(folder_.exit_file("r1")), "0\n");
  const std::string ran = test::read_file(folder_.root() / "ran.txt");
  EXPECT_NE(ran.find("prepare:rte:1\na\n"), std::string::npos) << ran;
  EXPECT_EQ(run(plan, "r2").counts.succeeded, 2);
  EXPECT_EQ(test::read_file(folder_.root() / "ran.txt"), ran);
}

TEST_F(RunStudyTest, SignalInterrupts) {
  sweep::Plan plan;
  plan.trials = {trial("a", "slow")};
  Stopper stopper([] { std::raise(SIGTERM); });
  const RunResult stopped = run(plan, "r1", &stopper);
  EXPECT_EQ(stopped.exit_code, 75);
  EXPECT_FALSE(stopped.stop_reason.empty());
}

TEST_F(RunStudyTest, StopFileInterrupts) {
  sweep::Plan plan;
  plan.trials = {trial("a", "slow")};
  Stopper stopper([this] { test::write_file(folder_.stop_file(), "stop\n"); });
  EXPECT_EQ(run(plan, "r1", &stopper).exit_code, 75);
  EXPECT_EQ(run(plan, "r2").exit_code, 0);
}

TEST_F(RunStudyTest, HangingTrainerIsKilledAfterTheGrace) {
  sweep::Plan plan;
  plan.trials = {trial("a", "hang")};
  Stopper stopper([] { std::raise(SIGUSR1); });
  EXPECT_EQ(run(plan, "r1", &stopper).exit_code, 75);
}

TEST_F(RunStudyTest, MissingTrainerIsAnEnvironmentError) {
  trainer_ = temporary_ / "nothing";
  sweep::Plan plan;
  plan.trials = {trial("a", "ok"), trial("b", "ok")};
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.stop_reason.find("nothing: the trainer cannot be started"), std::string::npos);
}

TEST(DevicesTest, DividesDevicesAmongTheRanksOfAHost) {
  EXPECT_EQ(devices_of_rank({"a", "b", "c", "d"}, 1, 2), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(devices_of_rank({"a"}, 1, 2), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(devices_of_rank({}, 0, 1).empty());
}

}  // namespace
}  // namespace attempt::schedule
