#include "runner/cli/study_view.h"

#include <gtest/gtest.h>

namespace attempt::cli {
namespace {

TEST(StudyViewTest, PrunedAreOnlyTrialsThatHaveEndedWithTheirBest) {
  StudyView study{.folder = results::StudyFolder("study")};
  study.finished_early = {"ended", "failed", "runs"};
  study.states["ended"].status = results::TrialStatus::kSucceeded;
  study.states["failed"].status = results::TrialStatus::kFailed;
  study.states["runs"].status = results::TrialStatus::kRunning;
  study.states["whole"].status = results::TrialStatus::kSucceeded;
  EXPECT_EQ(study.pruned(), 1);
}

TEST(StudyViewTest, AnAttemptAfterTheOneThatWasToldToEndIsAWholeOne) {
  const auto event = [](const std::string& type, const std::string& trial_id) {
    return results::Event{.type = type, .trial_id = trial_id};
  };
  EXPECT_EQ(told_to_end({event("attempt_started", "again"), event("attempt_started", "once"),
                         event("trial_finished_early", "again"),
                         event("trial_finished_early", "once"), event("attempt_started", "again")}),
            (std::set<std::string>{"once"}));
}

}  // namespace
}  // namespace attempt::cli
