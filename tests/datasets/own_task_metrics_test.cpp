#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "datasets/metrics.h"
#include "datasets/rouge.h"
#include "datasets/span_scores.h"
#include "datasets/task_definition.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

constexpr double kPercentTolerance = 1e-6;

Task task_with(const std::vector<std::string>& labels, const std::vector<std::string>& metrics) {
  TaskDefinition definition{.source = "{text}",
                            .target = "{target}",
                            .metrics = metrics,
                            .selection_metrics = {metrics.back()}};
  for (const std::string& label : labels) definition.labels.push_back({label, label});
  return make_task("mine", definition);
}

// Values by tests/reference/own_task_metrics.py.
TEST(OwnTaskMetricsTest, EqualScikitLearnAndThePublishedDefinitions) {
  const nlohmann::json cases = nlohmann::json::parse(
      test::read_file(test::source_folder() / "tests/goldens/own_task_metrics.json"));
  for (const nlohmann::json& item : cases) {
    SCOPED_TRACE(item["name"].get<std::string>());
    const auto predictions = item["predictions"].get<std::vector<std::string>>();
    const auto references = item["references"].get<std::vector<std::vector<std::string>>>();
    for (const auto& [metric, expected] : item["expected"].items()) {
      SCOPED_TRACE(metric);
      const Task task = task_with(item["labels"], {metric});
      const Scores scores = score(task, {predictions, references, {}}, DataRules());
      EXPECT_NEAR(scores.metrics.at(metric), expected.get<double>(), kPercentTolerance);
      EXPECT_EQ(scores.selection, scores.metrics.at(metric));
    }
  }
}

TEST(OwnTaskMetricsTest, SelectsByTheSelectionMetricsAlone) {
  const Task task = task_with({"no", "yes"}, {"accuracy", "macro_f1"});
  const Scores scores = score(task, {{"no", "no"}, {{"no"}, {"yes"}}, {}}, DataRules());
  EXPECT_EQ(scores.selection, scores.metrics.at("macro_f1"));
  EXPECT_NE(scores.selection, scores.metrics.at("accuracy"));
}

TEST(OwnTaskMetricsTest, CountsPredictionsOfAnotherKindAndScoresTheBestConstant) {
  const Task classes = task_with({"no", "yes"}, {"accuracy"});
  const Scores labelled =
      score(classes, {{"no", "maybe", "yes"}, {{"no"}, {"no"}, {"yes"}}, {}}, DataRules());
  EXPECT_EQ(labelled.unparsable, 1);
  EXPECT_NEAR(labelled.constant_score, 200.0 / 3, kPercentTolerance);
  const Task tags = task_with({}, {"span_f1"});
  const Scores tagged =
      score(tags, {{"O B-X", "Rome", ""}, {{"O O"}, {"B-X"}, {"B-X"}}, {}}, DataRules());
  EXPECT_EQ(tagged.unparsable, 2);
  EXPECT_NEAR(tagged.constant_score, 100 * 2 * 2.0 / 5, kPercentTolerance);  // "B-X" everywhere
}

TEST(OwnTaskMetricsTest, RougeCountsWordsOfEveryScript) {
  EXPECT_NEAR(rouge_l({"Москва, столица"}, {{"москва столица России"}}), 80, kPercentTolerance);
}

TEST(OwnTaskMetricsTest, TagSequences) {
  EXPECT_TRUE(is_tag_sequence("O B-PER I-PER"));
  EXPECT_FALSE(is_tag_sequence(""));
  EXPECT_FALSE(is_tag_sequence("O B- O"));
  EXPECT_FALSE(is_tag_sequence("O PER"));
}

}  // namespace
}  // namespace attempt::datasets
