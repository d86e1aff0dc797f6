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

}  // namespace
}  // namespace attempt::cli
