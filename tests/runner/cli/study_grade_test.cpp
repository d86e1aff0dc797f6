#include "runner/cli/study_grade.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/test_support.h"

namespace attempt::cli {
namespace {

sweep::PlannedTrial planned(const std::string& id, double seconds, double spread) {
  sweep::PlannedTrial trial;
  trial.spec.trial_id = id;
  trial.estimated_seconds = seconds;
  trial.spread = spread;
  trial.is_measured = true;
  return trial;
}

class StudyGradeTest : public ::testing::Test {
 protected:
  StudyGradeTest() { std::filesystem::create_directories(study.folder.root() / "run"); }

  void finish(const std::string& id, double seconds) {
    StudyTrial trial;
    trial.trial_id = id;
    study.trials.push_back(trial);
    study.states[id].status = results::TrialStatus::kSucceeded;
    study.seconds[id] = seconds;
  }

  attempt::test::TemporaryFolder folder;
  StudyView study{.folder = results::StudyFolder(folder.path())};
  sweep::Plan plan;
};

TEST_F(StudyGradeTest, TellsErrorsAndCoverage) {
  plan.trials = {planned("a", 10, 0.1), planned("b", 10, 0.1), planned("c", 10, 0.1),
                 planned("open", 10, 0.1)};
  keep_forecast(study.folder, plan);
  finish("a", 10);
  finish("b", 8);  // 25 % too long a forecast, outside of exp(1.645 * 0.1) = 1.18
  finish("c", 11);
  StudyTrial open;
  open.trial_id = "open";
  study.trials.push_back(open);

  const ForecastGrade grade = grade_forecast(study);
  EXPECT_EQ(grade.trials, 3);
  EXPECT_EQ(grade.measured, 3);
  EXPECT_NEAR(grade.median_error, 1 - 10.0 / 11, 1e-12);
  EXPECT_NEAR(grade.study_error(), 30.0 / 29 - 1, 1e-12);
  EXPECT_NEAR(grade.share_inside, 2.0 / 3, 1e-12);
  EXPECT_NE(grade_text(grade).find("3 finished trials"), std::string::npos);
}

TEST_F(StudyGradeTest, AForecastIsNotMadeAnewOnceItWasMade) {
  plan.trials = {planned("a", 10, 0.1)};
  keep_forecast(study.folder, plan);
  plan.trials = {planned("a", 99, 0.1), planned("b", 5, 0.2)};
  keep_forecast(study.folder, plan);
  const auto forecasts = read_forecast(study.folder);
  EXPECT_DOUBLE_EQ(forecasts.at("a").seconds, 10);
  EXPECT_DOUBLE_EQ(forecasts.at("b").spread, 0.2);
}

TEST_F(StudyGradeTest, TrialsThatAPrunerStoppedAreNotGraded) {
  plan.trials = {planned("a", 10, 0.1)};
  keep_forecast(study.folder, plan);
  finish("a", 3);
  study.finished_early.insert("a");
  EXPECT_EQ(grade_forecast(study).trials, 0);
  EXPECT_EQ(grade_text(grade_forecast(study)), "");
}

TEST_F(StudyGradeTest, TheGradeIsKeptForTheReport) {
  plan.trials = {planned("a", 10, 0.1)};
  keep_forecast(study.folder, plan);
  finish("a", 10);
  keep_grade(study);
  std::ifstream in(forecast_file(study.folder));
  const auto document = nlohmann::json::parse(in);
  EXPECT_EQ(document.at("grade").at("trials"), 1);
  EXPECT_EQ(read_forecast(study.folder).size(), 1U);
}

TEST_F(StudyGradeTest, ADamagedForecastIsNone) {
  for (const char* text : {"nonsense", "[]", R"({"trials": 3})", R"({"trials": {"a": [1]}})"}) {
    std::ofstream(forecast_file(study.folder)) << text;
    EXPECT_TRUE(read_forecast(study.folder).empty()) << text;
  }
}

}  // namespace
}  // namespace attempt::cli
