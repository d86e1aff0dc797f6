#include <gmock/gmock.h>

#include <stdexcept>

#include "results/run_holder.h"
#include "runner/schedule/run_study.h"
#include "tests/support/test_support.h"

namespace attempt::schedule {
namespace {

using testing::HasSubstr;

sweep::PlannedTrial trial(const std::string& id, const std::string& label,
                          std::vector<std::string> depends_on = {}) {
  sweep::PlannedTrial result;
  result.spec.trial_id = id;
  result.spec.label = label;
  result.spec.depends_on = std::move(depends_on);
  return result;
}

sweep::Plan plan_of(std::vector<sweep::PlannedTrial> trials) {
  sweep::Plan plan;
  plan.trials = std::move(trials);
  plan.max_attempts = 1;
  return plan;
}

/// What follows the end of each trial.
class Follow final : public StudyGrowth {
 public:
  explicit Follow(std::map<std::string, std::vector<sweep::PlannedTrial>> more)
      : more_(std::move(more)) {}

  sweep::Plan grow(const std::vector<EndedTrial>& ended) override {
    sweep::Plan plan;
    for (const EndedTrial& end : ended) {
      ended_ += end.trial_id + (end.has_succeeded ? "+ " : "- ");
      if (end.trial_id == problem_after) throw std::runtime_error("the sampler has died");
      for (const sweep::PlannedTrial& trial : more_[end.trial_id]) plan.trials.push_back(trial);
    }
    if (ended.empty()) ended_ += "start ";
    return plan;
  }
  void cancel() override {}
  const std::string& ended() const { return ended_; }

  std::string problem_after;

 private:
  std::map<std::string, std::vector<sweep::PlannedTrial>> more_;
  std::string ended_;
};

class StudyGrowthTest : public testing::Test {
 protected:
  StudyGrowthTest() : folder_(temporary_ / "study") { folder_.create(); }

  RunResult run(const sweep::Plan& plan, const std::string& run_id, StudyGrowth& growth) {
    mpi::Communicator alone;
    EXPECT_FALSE(results::take_study(folder_, results::this_process(run_id), {}));
    return run_study({.plan = &plan,
                      .folder = folder_,
                      .communicator = alone,
                      .run_id = run_id,
                      .trainer = ATTEMPT_TEST_TRAINER,
                      .signals = signals_,
                      .stop_grace_seconds = 1,
                      .growth = &growth});
  }
  std::string ran() const { return test::read_file(folder_.root() / "ran.txt"); }

  const test::TemporaryFolder temporary_;
  const results::StudyFolder folder_;
  const process::StopSignals signals_;
};

TEST_F(StudyGrowthTest, TrialsThatFollowRunInTheSameRun) {
  Follow growth({{"a", {trial("b", "ok", {"a"})}}, {"b", {trial("c", "ok")}}});
  const RunResult result = run(plan_of({trial("a", "ok")}), "r1", growth);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.counts.succeeded, 3);
  EXPECT_EQ(ran(), "a\nb\nc\n");
  EXPECT_EQ(growth.ended(), "start a+ b+ c+ ");
}

TEST_F(StudyGrowthTest, WhatFollowedInAnEarlierRunIsNotRunAgain) {
  Follow first({{"a", {trial("b", "ok", {"a"})}}});
  run(plan_of({trial("a", "ok")}), "r1", first);
  Follow again({});
  EXPECT_EQ(run(plan_of({trial("a", "ok"), trial("b", "ok")}), "r2", again).counts.succeeded, 2);
  EXPECT_EQ(ran(), "a\nb\n");
  EXPECT_EQ(again.ended(), "start ");
}

TEST_F(StudyGrowthTest, IsToldWhatFailedAndWhatThatBlocks) {
  Follow growth({});
  const RunResult result =
      run(plan_of({trial("a", "fail"), trial("b", "ok", {"a"})}), "r1", growth);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(growth.ended(), "start a- b- ");
}

TEST_F(StudyGrowthTest, AProblemEndsTheRunAndLeavesTheStudyIntact) {
  Follow growth({{"a", {trial("b", "ok")}}});
  growth.problem_after = "a";
  const RunResult stopped = run(plan_of({trial("a", "ok")}), "r1", growth);
  EXPECT_EQ(stopped.exit_code, 3);
  EXPECT_THAT(stopped.stop_reason, HasSubstr("the sampler has died"));
  growth.problem_after.clear();
  EXPECT_EQ(run(plan_of({trial("a", "ok"), trial("b", "ok")}), "r2", growth).exit_code, 0);
  EXPECT_EQ(ran(), "a\nb\n");
}

}  // namespace
}  // namespace attempt::schedule
