#include "results/report/forecast_table.h"

#include <gtest/gtest.h>

#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

class ForecastTableTest : public ::testing::Test {
 protected:
  StudyContent study(const std::string& name, const std::string& forecast) {
    std::filesystem::create_directories(folder / name / "run");
    if (!forecast.empty()) test::write_file(folder / name / "run/forecast.json", forecast);
    StudyContent content{.folder = StudyFolder(folder / name)};
    content.name = name;
    return content;
  }
  test::TemporaryFolder folder;
};

TEST_F(ForecastTableTest, HasALineForEachStudyThatWasGraded) {
  const TextTable table =
      forecast_table({study("graded", R"({"trials": {}, "grade": {"trials": 12, "measured": 10,
        "median_error": 0.125, "predicted_seconds": 7200, "actual_seconds": 9000,
        "study_error": -0.2, "inside_interval": 0.75}})"),
                      study("open", R"({"trials": {}})"), study("none", ""), study("damaged", "{"),
                      study("other", R"({"grade": {"trials": 3}})")});
  ASSERT_EQ(table.lines.size(), 1U);
  std::vector<std::string> texts;
  for (const TableField& field : table.lines[0]) texts.push_back(field.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"graded", "12", "10", "2.000", "2.500", "-20 %",
                                             "12 %", "75 %"}));
}

TEST_F(ForecastTableTest, IsEmptyWithoutAGrade) {
  EXPECT_TRUE(forecast_table({study("none", "")}).lines.empty());
}

}  // namespace
}  // namespace attempt::results
