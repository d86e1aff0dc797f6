#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "results/checkpoint_file.h"
#include "results/digest.h"
#include "results/trial_file.h"
#include "runner/train/trainer_device.h"
#include "tests/model/golden.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

using attempt::test::test_device;
using attempt::test::TinyWorld;
using process::OutcomeStatus;

/// Trials that share the passes through their backbone.
class TrialBundleTest : public ::testing::Test {
 protected:
  TrialBundleTest() {
    if (test_device().is_cuda()) use_deterministic_kernels(trainer_device());
  }

  /// Trials that differ in seed, learning rate and, the last, in their task and its lengths.
  std::vector<sweep::TrialSpec> specs(const std::string& name) const {
    std::vector<sweep::TrialSpec> made;
    for (int i = 0; i < 3; ++i) {
      sweep::TrialSpec spec = world_.spec("prompt_tuning");
      spec.trial_id = results::sha256(name + std::to_string(i)).substr(0, 32);
      spec.seed = static_cast<std::uint64_t>(40 + i);
      spec.train.optimizer.learning_rate = 0.1 * (i + 1);
      if (i == 2) spec.tasks.front().name = "cola";
      made.push_back(std::move(spec));
    }
    return made;
  }

  /// How each of them ended, in order. @param stop_step  all are asked to stop there; -1: never
  std::vector<AttemptResult> run_together(const std::vector<sweep::TrialSpec>& specs,
                                          std::int64_t stop_step = -1) {
    std::vector<AttemptResult> ends(specs.size());
    std::vector<TrialRunner::Member> members;
    bool is_reached = false;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      TrialMonitor monitor;
      monitor.progress = [&](const TrialProgress& now) {
        is_reached = is_reached || (now.step == stop_step && now.stage == "training");
      };
      monitor.should_stop = [&] { return is_reached; };
      members.push_back({specs[i], world_.context(), monitor,
                         [&ends, i](const AttemptResult& result) { ends[i] = result; }});
    }
    runner_.run_together(members);
    return ends;
  }

  results::TrialRecord record(const sweep::TrialSpec& spec) const {
    return results::read_trial_file(world_.study().trial(spec.trial_id));
  }

  /// Expects of a trial what the same trial gives alone, to rounding.
  void expect_as_alone(const sweep::TrialSpec& spec) {
    sweep::TrialSpec alone = spec;
    alone.trial_id = results::sha256(spec.trial_id).substr(0, 32);
    const AttemptResult end = runner_.run(alone, world_.context(), {});
    ASSERT_EQ(end.status, OutcomeStatus::kSucceeded) << end.message;
    const results::TrialRecord one = record(spec), other = record(alone);
    ASSERT_EQ(one.train.step, other.train.step);
    for (std::size_t i = 0; i < one.train.loss.size(); ++i) {
      EXPECT_NEAR(one.train.loss[i], other.train.loss[i], 1e-3) << "step " << i;
      EXPECT_NEAR(one.train.gradient_norm[i], other.train.gradient_norm[i],
                  1e-3 * (1 + other.train.gradient_norm[i]))
          << "step " << i;
    }
    EXPECT_EQ(one.train.learning_rate, other.train.learning_rate);
    EXPECT_EQ(one.evaluations.step, other.evaluations.step);
    for (std::size_t i = 0; i < one.evaluations.step.size(); ++i) {
      const std::string& task = spec.tasks.front().name;
      EXPECT_NEAR(one.evaluations.metrics.at(task).at("loss")[i],
                  other.evaluations.metrics.at(task).at("loss")[i], 1e-3);
    }
  }

  TinyWorld world_;
  TrialRunner runner_{test_device()};
};

TEST_F(TrialBundleTest, EachTrialGetsItsOwnBatchesMasksAndUpdates) {
  const std::vector<sweep::TrialSpec> trials = specs("own");

  for (const AttemptResult& end : run_together(trials))
    ASSERT_EQ(end.status, OutcomeStatus::kSucceeded) << end.message;

  for (const sweep::TrialSpec& trial : trials) {
    EXPECT_EQ(record(trial).cost.bundle_width, 3);
    EXPECT_EQ(record(trial).train.step.size(), 12U);
    expect_as_alone(trial);
  }
}

TEST_F(TrialBundleTest, ATrialThatEndsEarlyLeavesTheOthersGoingOn) {
  std::vector<sweep::TrialSpec> trials = specs("early");
  trials[1].train.total_steps = 4;

  const std::vector<AttemptResult> ends = run_together(trials);

  for (const AttemptResult& end : ends) EXPECT_EQ(end.status, OutcomeStatus::kSucceeded);
  EXPECT_EQ(record(trials[1]).train.step.size(), 4U);
  for (const sweep::TrialSpec& trial : trials) expect_as_alone(trial);
}

TEST_F(TrialBundleTest, ALossThatIsNotANumberEndsItsOwnTrialAlone) {
  std::vector<sweep::TrialSpec> trials = specs("nan");
  trials[1].train.optimizer.learning_rate = std::numeric_limits<double>::infinity();

  const std::vector<AttemptResult> ends = run_together(trials);

  EXPECT_EQ(ends[1].status, OutcomeStatus::kFailed);
  EXPECT_EQ(ends[1].cause, "nan_loss");
  EXPECT_EQ(ends[1].mates, 0);
  for (const std::size_t other : {0, 2}) {
    EXPECT_EQ(ends[other].status, OutcomeStatus::kSucceeded) << ends[other].message;
    expect_as_alone(trials[other]);
  }
}

TEST_F(TrialBundleTest, AnInterruptedBundleEndsWithTheBytesOfOneThatWasNot) {
  const std::vector<sweep::TrialSpec> trials = specs("resumed");
  run_together(trials);
  std::map<std::string, std::string> whole;
  for (const sweep::TrialSpec& trial : trials) {
    whole[trial.trial_id] = world_.comparable_bytes(trial.trial_id);
    std::filesystem::remove(world_.study().trial(trial.trial_id));
    std::filesystem::remove(world_.study().digest(trial.trial_id));
  }

  for (const AttemptResult& end : run_together(trials, 7))
    EXPECT_EQ(end.status, OutcomeStatus::kInterrupted) << end.message;
  for (const AttemptResult& end : run_together(trials))
    EXPECT_EQ(end.status, OutcomeStatus::kSucceeded) << end.message;

  for (const sweep::TrialSpec& trial : trials) {
    EXPECT_TRUE(record(trial).exact);
    EXPECT_EQ(world_.comparable_bytes(trial.trial_id), whole[trial.trial_id]);
  }
}

TEST_F(TrialBundleTest, ATrialThatGoesOnAmongOthersThanBeforeIsMarked) {
  const std::vector<sweep::TrialSpec> trials = specs("apart");
  run_together(trials, 7);

  const AttemptResult end = runner_.run(trials[0], world_.context(), {});

  ASSERT_EQ(end.status, OutcomeStatus::kSucceeded) << end.message;
  EXPECT_FALSE(record(trials[0]).exact);
  EXPECT_EQ(record(trials[0]).train.step.size(), 12U);
}

TEST_F(TrialBundleTest, ATrialThatCannotBeginLeavesTheOthersGoingOn) {
  std::vector<sweep::TrialSpec> trials = specs("unreadable");
  trials[0].data.root = (world_.folder() / "nothing").string();
  trials[0].data.cache = (world_.folder() / "other_cache").string();

  const std::vector<AttemptResult> ends = run_together(trials);

  EXPECT_EQ(ends[0].cause, "data");
  EXPECT_EQ(ends[1].status, OutcomeStatus::kSucceeded);
  EXPECT_EQ(record(trials[1]).cost.bundle_width, 2);
}

}  // namespace
}  // namespace attempt::train
