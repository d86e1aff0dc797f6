#include "runner/cli/folder_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace attempt::cli {
namespace {

TEST(FolderCheckTest, FindsAnOrdinaryFolderGoodAndLeavesNothingBehind) {
  const test::TemporaryFolder folder;
  for (const Finding& finding : check_folder(folder.path())) {
    EXPECT_TRUE(finding.is_good) << finding.what << ": " << finding.outcome;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FolderCheckTest, DoesNotMakeTheFolderThatItIsAskedAbout) {
  const test::TemporaryFolder folder;
  for (const Finding& finding : check_folder(folder.path() / "later" / "study")) {
    EXPECT_TRUE(finding.is_good) << finding.what << ": " << finding.outcome;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FolderCheckTest, SaysWhyAFolderCannotBeWritten) {
  const std::vector<Finding> findings = check_folder("/proc/attempt");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_FALSE(findings[0].is_good);
  EXPECT_THAT(findings[0].outcome, ::testing::HasSubstr("/proc/attempt"));
}

}  // namespace
}  // namespace attempt::cli
