#include "results/result_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace attempt::results {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TrialScores accuracy(double value) { return {.test = {{"rte", {{"accuracy", value}}}}}; }

TEST(ResultTableTest, AveragesOverSeeds) {
  Scores scores = {{"a", accuracy(60)}, {"b", accuracy(62)}, {"c", accuracy(67)}};
  scores["c"].test["mrpc"]["f1"] = 80;

  const ResultTable table = make_result_table(scores, {{"a", "ATTEMPT", "rte", "rte", "accuracy"},
                                                       {"b", "ATTEMPT", "rte", "rte", "accuracy"},
                                                       {"c", "ATTEMPT", "rte", "rte", "accuracy"},
                                                       {"c", "ATTEMPT", "mrpc", "mrpc", "f1"}});

  ASSERT_EQ(table.cells.size(), 2U);
  EXPECT_DOUBLE_EQ(table.cells[0].mean, 63);
  EXPECT_DOUBLE_EQ(table.cells[0].std, std::sqrt((9.0 + 1 + 16) / 2));
  EXPECT_EQ(table.cells[0].n, 3);
  EXPECT_EQ(table.cells[1].column, "mrpc");
  EXPECT_EQ(table.cells[1].mean, 80);
  EXPECT_EQ(table.cells[1].n, 1);
  EXPECT_EQ(table.cells[1].std, 0);
  EXPECT_THAT(table.notes, IsEmpty());
}

TEST(ResultTableTest, KeepsRowsWithoutResultsAndSaysSo) {
  const ResultTable table = make_result_table(
      {{"a", accuracy(60)}},
      {{"x", "frozen", "rte", "rte", "accuracy"}, {"a", "attempt", "rte", "rte", "accuracy"}});

  EXPECT_THAT(table.rows, ElementsAre("frozen", "attempt"));
  EXPECT_EQ(table.cells.size(), 1U);
  EXPECT_THAT(table.notes, ElementsAre("1 of 2 results are not there yet"));
}

TEST(ResultTableTest, LeavesOutMissingMetricsAndNamesSyntheticData) {
  Scores scores = {{"a", accuracy(60)}, {"b", accuracy(62)}};
  scores["a"].synthetic = true;

  const ResultTable table = make_result_table(
      scores, {{"a", "m", "demo:rte", "rte", "accuracy"}, {"b", "m", "rte", "rte", "spearman"}});

  EXPECT_EQ(table.cells.size(), 1U);
  EXPECT_THAT(table.notes,
              ElementsAre(HasSubstr("trial b has no spearman on the test split of rte"),
                          "demo:rte: synthetic data"));
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
