#include "results/report/trial_message.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/results/sample_record.h"

namespace attempt::results {
namespace {

ReportTrial sample_trial() {
  ReportTrial trial;
  trial.record = test::sample_record();
  trial.outcomes = {{.score = 61.25,
                     .examples = 2,
                     .is_constant = false,
                     .cut_answers = 1,
                     .example_scores = ExampleScores{MetricForm::kMatthews, 1, 2, {1, 0}}},
                    {}};
  trial.findings = {"never left warm-up"};
  trial.prompt_mean = {0.5F, -1.0F};
  trial.problem = "none";
  return trial;
}

TEST(TrialMessageTest, WhatWasReadOfATrialComesBack) {
  const ReportTrial sent = sample_trial();
  ReportTrial got;
  decode_trial(encode_trial(sent), got);
  EXPECT_EQ(encode_trial(got), encode_trial(sent));
  ASSERT_TRUE(got.record);
  EXPECT_EQ(got.record->tasks, sent.record->tasks);
  EXPECT_EQ(got.record->evaluations.metrics, sent.record->evaluations.metrics);
  EXPECT_EQ(got.record->cost.device, sent.record->cost.device);
  EXPECT_EQ(got.outcomes[0].score, 61.25);
  EXPECT_EQ(got.outcomes[0].is_constant, false);
  EXPECT_EQ(got.outcomes[0].example_scores->form, MetricForm::kMatthews);
  EXPECT_FALSE(got.outcomes[1].score || got.outcomes[1].is_constant);
  EXPECT_EQ(got.findings, sent.findings);
  EXPECT_EQ(got.prompt_mean, sent.prompt_mean);
}

TEST(TrialMessageTest, AMessageThatEndsEarlyIsRefusedWhereverItEnds) {
  const std::string whole = encode_trial(sample_trial());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ReportTrial got;
    EXPECT_THROW(decode_trial(whole.substr(0, size), got), std::out_of_range) << size;
  }
}

}  // namespace
}  // namespace attempt::results
