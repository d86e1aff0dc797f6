#include "datasets/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "datasets/text_rules.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

constexpr double kPercentTolerance = 1e-6;

const nlohmann::json& golden_metrics() {
  static const auto metrics =
      nlohmann::json::parse(test::read_file(test::source_folder() / "tests/goldens/metrics.json"));
  return metrics;
}

ScoredSplit one_reference_each(const nlohmann::json& item) {
  ScoredSplit split;
  split.predictions = item["predictions"].get<std::vector<std::string>>();
  for (const nlohmann::json& target : item["targets"])
    split.references.push_back({target.get<std::string>()});
  return split;
}

double value_of(Task task, const std::string& metric, const ScoredSplit& split) {
  task.metrics = {metric};
  task.selection_metrics = {metric};
  return score(task, split, DataRules()).metrics.at(metric);
}

TEST(MetricsTest, ClassificationEqualsScikitLearn) {
  for (const nlohmann::json& item : golden_metrics()["classification"]) {
    SCOPED_TRACE(item["name"].get<std::string>());
    const ScoredSplit split = one_reference_each(item);
    Task task = find_task(item["num_classes"] == 3 ? "cb" : "rte");
    EXPECT_NEAR(value_of(task, "accuracy", split), item["expected"]["accuracy"], kPercentTolerance);
    EXPECT_NEAR(value_of(task, "macro_f1", split), item["expected"]["f1_multiclass"],
                kPercentTolerance);
    if (item["num_classes"] == 2) {
      EXPECT_NEAR(value_of(task, "matthews_correlation", split),
                  item["expected"]["matthews_correlation"], kPercentTolerance);
      EXPECT_NEAR(value_of(task, "f1", split), item["expected"]["f1"], kPercentTolerance);
    }
  }
}

TEST(MetricsTest, CorrelationsEqualScipyAndUnparsableCountsAsMinusOne) {
  for (const nlohmann::json& item : golden_metrics()["regression"]) {
    SCOPED_TRACE(item["name"].get<std::string>());
    const Scores scores = score(find_task("stsb"), one_reference_each(item), DataRules());
    EXPECT_NEAR(scores.metrics.at("pearson"), item["expected"]["pearson"], kPercentTolerance);
    EXPECT_NEAR(scores.metrics.at("spearman"), item["expected"]["spearmanr"], kPercentTolerance);
  }
}

TEST(MetricsTest, MultircScoresAnswersAndWholeQuestions) {
  for (const nlohmann::json& item : golden_metrics()["multirc"]) {
    SCOPED_TRACE(item["name"].get<std::string>());
    ScoredSplit split = one_reference_each(item);
    split.groups = item["groups"].get<std::vector<std::string>>();
    const Scores scores = score(find_task("multirc"), split, DataRules());
    EXPECT_NEAR(scores.metrics.at("f1"), item["expected"]["f1"], kPercentTolerance);
    EXPECT_NEAR(scores.metrics.at("exact_match"), item["expected"]["em"], kPercentTolerance);
  }
}

TEST(MetricsTest, AnswersAreNormalisedAsSquadsScriptDoes) {
  for (const nlohmann::json& pair : golden_metrics()["squad_normalise"]) {
    EXPECT_EQ(normalise_answer(pair[0].get<std::string>()), pair[1].get<std::string>());
  }
}

TEST(MetricsTest, AnswerScoresTakeTheBestReference) {
  ScoredSplit split;
  split.predictions = {"the Red house", "blue", ""};
  split.references = {{"green", "red house"}, {"dark blue"}, {"a"}};
  const Scores scores = score(find_task("squad"), split, DataRules());
  EXPECT_NEAR(scores.metrics.at("exact_match"), 100.0 * 2 / 3,
              kPercentTolerance);  // "" and "a" both normalise to nothing
  EXPECT_NEAR(scores.metrics.at("f1"), 100.0 * (1 + 2.0 / 3) / 3, kPercentTolerance);
  EXPECT_EQ(scores.unparsable, 1);
}

TEST(MetricsTest, RecordTakesTheBestOfSeveralAnswersUnpadded) {
  ScoredSplit split;
  split.predictions = {"Bhutto", "the U.S.", "nobody"};
  split.references = {{"Benazir Bhutto", "Bhutto"}, {"US"}, {"Al Gore", "Gore"}};
  const Scores scores = score(find_task("record"), split, DataRules());
  EXPECT_NEAR(scores.metrics.at("exact_match"), 100.0 * 2 / 3, kPercentTolerance);
  EXPECT_NEAR(scores.metrics.at("f1"), 100.0 * 2 / 3, kPercentTolerance);
  EXPECT_NEAR(scores.selection, 100.0 * 2 / 3, kPercentTolerance);
}

TEST(MetricsTest, CbScoresTheMeanF1OfItsClasses) {
  ScoredSplit split;
  split.predictions = {"0", "1", "1", "maybe", "0"};
  split.references = {{"0"}, {"1"}, {"0"}, {"2"}, {"0"}};
  const Scores scores = score(find_task("cb"), split, DataRules());
  EXPECT_NEAR(scores.metrics.at("macro_f1"), 100.0 * (0.8 + 2.0 / 3 + 0) / 3, kPercentTolerance);
  EXPECT_NEAR(scores.metrics.at("accuracy"), 60.0, kPercentTolerance);
  EXPECT_EQ(scores.unparsable, 1);
}

TEST(MetricsTest, MultircCountsAQuestionOnlyWhenAllItsAnswersAreRight) {
  ScoredSplit split;
  split.predictions = {"1", "0", "1", "x", "0"};
  split.references = {{"1"}, {"0"}, {"1"}, {"0"}, {"0"}};
  split.groups = {"0-0", "0-0", "0-1", "0-1", "0-2"};
  const Scores scores = score(find_task("multirc"), split, DataRules());
  EXPECT_NEAR(scores.metrics.at("exact_match"), 100.0 * 2 / 3, kPercentTolerance);
  EXPECT_NEAR(scores.metrics.at("f1"), 80.0, kPercentTolerance);  // "x" counts as 1
  EXPECT_EQ(scores.unparsable, 1);
}

TEST(MetricsTest, SquadScoresEqualItsScriptOnRealAnswers) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const auto golden = nlohmann::json::parse(test::read_file(shared / "goldens/metrics.json"));
  for (const nlohmann::json& item : golden["squad"]) {
    SCOPED_TRACE(item["name"].get<std::string>());
    ScoredSplit split;
    split.predictions = item["predictions"].get<std::vector<std::string>>();
    split.references = item["golds"].get<std::vector<std::vector<std::string>>>();
    const Scores scores = score(find_task("squad"), split, DataRules());
    EXPECT_NEAR(scores.metrics.at("exact_match"), item["expected"]["em"], kPercentTolerance);
    EXPECT_NEAR(scores.metrics.at("f1"), item["expected"]["f1"], kPercentTolerance);
  }
}

TEST(MetricsTest, ReportsTheBestConstantPredictionAndForeignOutputs) {
  ScoredSplit split;
  split.predictions = {"0", "maybe", "1", "1"};
  split.references = {{"1"}, {"1"}, {"1"}, {"0"}};
  const Scores scores = score(find_task("rte"), split, DataRules());
  EXPECT_NEAR(scores.metrics.at("accuracy"), 25.0, kPercentTolerance);
  EXPECT_NEAR(scores.constant_score, 75.0, kPercentTolerance);
  EXPECT_EQ(scores.unparsable, 1);
}

TEST(MetricsTest, SelectionIsTheMeanOfTheTasksSelectionMetrics) {
  ScoredSplit split;
  split.predictions = {"1", "1", "0", "1"};
  split.references = {{"1"}, {"0"}, {"0"}, {"1"}};
  const Scores scores = score(find_task("mrpc"), split, DataRules());
  EXPECT_NEAR(scores.selection, (75.0 + 80.0) / 2, kPercentTolerance);
}

}  // namespace
}  // namespace attempt::datasets
