#include "results/result_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/results/study_fixture.h"

namespace attempt::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ResultTableTest = test::StudyTest;

TEST_F(ResultTableTest, AveragesOverSeeds) {
  publish("a", 60);
  publish("b", 62);
  publish("c", 67);

  const ResultTable table = make_result_table(folder_, {{"a", "ATTEMPT", "rte", "rte", "accuracy"},
                                                        {"b", "ATTEMPT", "rte", "rte", "accuracy"},
                                                        {"c", "ATTEMPT", "rte", "rte", "accuracy"},
                                                        {"c", "ATTEMPT", "mrpc", "mrpc", "f1"}});

  ASSERT_EQ(table.cells.size(), 2U);
  EXPECT_DOUBLE_EQ(table.cells[0].mean, 63);
  EXPECT_DOUBLE_EQ(table.cells[0].std, std::sqrt((9.0 + 1 + 16) / 2));
  EXPECT_EQ(table.cells[0].n, 3);
  EXPECT_EQ(table.cells[1].column, "mrpc");
  EXPECT_EQ(table.cells[1].n, 1);
  EXPECT_EQ(table.cells[1].std, 0);
  EXPECT_THAT(table.notes, IsEmpty());
}

TEST_F(ResultTableTest, KeepsRowsWithoutResultsAndSaysSo) {
  publish("a", 60);

  const ResultTable table = make_result_table(
      folder_,
      {{"x", "frozen", "rte", "rte", "accuracy"}, {"a", "attempt", "rte", "rte", "accuracy"}});

  EXPECT_THAT(table.rows, ElementsAre("frozen", "attempt"));
  EXPECT_EQ(table.cells.size(), 1U);
  EXPECT_THAT(table.notes, ElementsAre("1 of 2 results are not there yet"));
}

TEST_F(ResultTableTest, LeavesOutDamagedTrialsAndMissingMetrics) {
  publish("a", 60);
  publish("b", 62);
  damage("a");

  const ResultTable table = make_result_table(
      folder_, {{"a", "m", "rte", "rte", "accuracy"}, {"b", "m", "rte", "rte", "spearman"}});

  EXPECT_THAT(table.cells, IsEmpty());
  ASSERT_EQ(table.notes.size(), 3U);
  EXPECT_THAT(table.notes[0], HasSubstr("a.h5: is damaged"));
  EXPECT_THAT(table.notes[1], HasSubstr("trial b has no spearman on the test split of rte"));
}

TEST(FormatTableTest, AlignsByWhatIsSeen) {
  ResultTable table;
  table.rows = {"größer", "日本", "x"};
  table.columns = {"rte", "mrpc"};
  table.cells = {{"größer", "rte", 81.25, 0.44, 2}, {"日本", "mrpc", 7, 0, 1}};
  table.notes = {"random backbone"};

  EXPECT_EQ(format_table(table),
            "        rte             mrpc\n"
            "größer  81.2 ± 0.4 (2)  -\n"
            "日本    -               7.0 (1)\n"
            "x       -               -\n"
            "note: random backbone\n");
}

TEST(FormatTableTest, TakesTextThatIsNotUtf8) {
  ResultTable table;
  table.rows = {"\xff\xfe"};
  table.columns = {"a"};

  EXPECT_EQ(format_table(table), "    a\n\xff\xfe  -\n");
}

}  // namespace
}  // namespace attempt::results
