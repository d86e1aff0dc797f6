#include "runner/schedule/retry_rules.h"

#include <gtest/gtest.h>

namespace attempt::schedule {
namespace {

using process::OutcomeStatus;

Judgement judged(const std::string& cause, std::int64_t micro_batch = 32) {
  process::Outcome outcome;
  outcome.status = OutcomeStatus::kFailed;
  outcome.cause = cause;
  return judge(outcome, micro_batch);
}

TEST(RetryRulesTest, CrashesCostAnAttempt) {
  for (const char* cause : {"exception", "signal:6", "signal:9", "signal:11", "exit:3", "hang",
                            "cuda_error", "protocol"}) {
    EXPECT_EQ(judged(cause).status, OutcomeStatus::kFailed) << cause;
    EXPECT_FALSE(judged(cause).is_final) << cause;
  }
}

TEST(RetryRulesTest, WhatEndsABundleCostsNobodyAnAttemptAndEachGoesOnAlone) {
  process::Outcome outcome;
  outcome.status = OutcomeStatus::kFailed;
  outcome.mates = 3;
  for (const char* cause : {"signal:9", "cuda_error", "hang", "exit:3", "data"}) {
    outcome.cause = cause;
    const Judgement judgement = judge(outcome, 32);
    EXPECT_EQ(judgement.status, OutcomeStatus::kLost) << cause;
    EXPECT_TRUE(judgement.runs_alone) << cause;
    EXPECT_EQ(judgement.micro_batch, 0) << cause;
  }
  EXPECT_FALSE(judged("signal:9").runs_alone);
}

TEST(RetryRulesTest, OutOfMemoryHalvesABundleBeforeItsMicroBatches) {
  process::Outcome outcome;
  outcome.status = OutcomeStatus::kFailed;
  outcome.cause = "out_of_memory";
  for (const auto& [width, narrower] : {std::pair{8, 4}, {5, 3}, {2, 1}}) {
    outcome.mates = width - 1;
    const Judgement judgement = judge(outcome, 32);
    EXPECT_EQ(judgement.status, OutcomeStatus::kLost);
    EXPECT_EQ(judgement.bundle_width, narrower);
    EXPECT_EQ(judgement.micro_batch, 0);
    EXPECT_FALSE(judgement.runs_alone);
  }
}

TEST(RetryRulesTest, WhatWouldHappenAgainIsFinal) {
  for (const char* cause : {"nan_loss", "data", "model", "spec", "source"}) {
    EXPECT_TRUE(judged(cause).is_final) << cause;
  }
}

TEST(RetryRulesTest, FaultsOfTheMachineCostNothing) {
  for (const char* cause : {"disk", "fenced", "device_lost"}) {
    EXPECT_EQ(judged(cause).status, OutcomeStatus::kLost) << cause;
  }
}

TEST(RetryRulesTest, OutOfMemoryHalvesTheMicroBatchDownToOneRow) {
  EXPECT_EQ(judged("out_of_memory", 32).micro_batch, 16);
  EXPECT_EQ(judged("out_of_memory", 32).status, OutcomeStatus::kLost);
  EXPECT_EQ(judged("out_of_memory", 3).micro_batch, 2);
  EXPECT_EQ(judged("out_of_memory", 1).micro_batch, 0);
  EXPECT_EQ(judged("out_of_memory", 1).status, OutcomeStatus::kFailed);
  EXPECT_EQ(judged("out_of_memory", 0).status, OutcomeStatus::kFailed);  // a prepare node
}

TEST(RetryRulesTest, OtherEndsStayWhatTheyAre) {
  for (const auto status :
       {OutcomeStatus::kSucceeded, OutcomeStatus::kInterrupted, OutcomeStatus::kLost}) {
    process::Outcome outcome;
    outcome.status = status;
    EXPECT_EQ(judge(outcome, 8).status, status);
  }
}

}  // namespace
}  // namespace attempt::schedule
