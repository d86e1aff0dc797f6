#include "results/study_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "results/store_error.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

TEST(StudyFolderTest, NamesAreThoseOfTheInterface) {
  const StudyFolder folder("/s");

  EXPECT_EQ(folder.sweep(), "/s/sweep.toml");
  EXPECT_EQ(folder.trial("t"), "/s/trials/t.h5");
  EXPECT_EQ(folder.digest("t"), "/s/trials/t.h5.sha256");
  EXPECT_EQ(folder.events_of("r"), "/s/events/r.jsonl");
  EXPECT_EQ(folder.checkpoints("t"), "/s/checkpoints/t");
  EXPECT_EQ(folder.exit_file("r"), "/s/run/r.exit");
  EXPECT_EQ(folder.failed("t"), "/s/failed/t.json");
  EXPECT_EQ(folder.trial_log("t"), "/s/logs/t.log");
  EXPECT_EQ(folder.results_file(), "/s/results.h5");
}

TEST(StudyFolderTest, IdsCannotLeadOut) {
  const StudyFolder folder("/s");
  for (const char* id : {"", "..", "../x", "a/b", ".hidden"}) {
    EXPECT_THROW(folder.trial(id), StoreError) << id;
    EXPECT_THROW(folder.checkpoints(id), StoreError) << id;
  }
}

TEST(StudyFolderTest, CreatesTwiceAndNamesWhatIsInTheWay) {
  const test::TemporaryFolder temporary;
  const StudyFolder folder(temporary / "a/b");
  folder.create();
  folder.create();
  EXPECT_TRUE(std::filesystem::is_directory(folder.specs()));

  test::write_file(temporary / "c/trials", "a file");
  try {
    StudyFolder(temporary / "c").create();
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("c/trials: cannot be created"));
  }
}

TEST(StudyFolderTest, RunIdsDifferAndHaveNoDots) {
  std::set<std::string> ids;
  for (int i = 0; i < 200; ++i) ids.insert(make_run_id());
  EXPECT_EQ(ids.size(), 200U);
  for (const std::string& id : ids) EXPECT_EQ(id.find_first_of("./"), std::string::npos) << id;
}

}  // namespace
}  // namespace attempt::results
