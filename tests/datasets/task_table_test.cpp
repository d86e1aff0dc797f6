#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "datasets/split_rules.h"
#include "datasets/tasks/task_reader.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

using nlohmann::json;

TEST(TaskTableTest, EveryTaskHasOneReader) {
  std::map<std::string, int> readers;
  for (const TaskReader& reader : all_readers()) ++readers[reader.task];
  EXPECT_EQ(readers.size(), 23U);
  for (const Task& task : all_tasks()) EXPECT_EQ(readers[task.name], 1) << task.name;
}

/// The metric names of the table in those of files and output.
std::vector<std::string> renamed(const json& metrics) {
  const std::map<std::string, std::string> names = {
      {"f1_macro", "macro_f1"}, {"em", "exact_match"}, {"mcc", "matthews_correlation"}};
  std::vector<std::string> found;
  for (const json& metric : metrics) {
    const auto name = names.find(metric.get<std::string>());
    found.push_back(name == names.end() ? metric.get<std::string>() : name->second);
  }
  return found;
}

std::int64_t of_compat(const json& value, const char* compat) {
  return value.is_object() ? value.at(compat).get<std::int64_t>() : value.get<std::int64_t>();
}

void expect_counts(const json& table, const SplitCounts& ours) {
  EXPECT_EQ(ours.train, table["train"]);
  EXPECT_EQ(ours.validation, table["validation"]);
  EXPECT_EQ(ours.test, table["test"].is_null() ? 0 : table["test"].get<std::int64_t>());
}

TEST(TaskTableTest, FactsAreThoseOfTheSpecification) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const json table = json::parse(test::read_file(shared / "design/task_table.json"));
  ASSERT_EQ(table["tasks"].size(), all_tasks().size());
  const DataRules authors = rules_for_compat("authors");
  for (const json& row : table["tasks"]) {
    SCOPED_TRACE(row["id"].get<std::string>());
    const Task& task = find_task(row["id"].get<std::string>());
    for (const json& alias : row["aliases"])
      EXPECT_EQ(find_task(alias.get<std::string>()).name, task.name);
    EXPECT_EQ(task.metrics, renamed(row["metrics"]));
    EXPECT_EQ(task.reported_metric, renamed(json::array({row["reported_metric"]}))[0]);
    EXPECT_EQ(task.selection_metrics, renamed(row["selection"]["metrics"]));
    if (!task.is_question_answering()) {
      EXPECT_EQ(task.label_texts, row["label_text"].get<std::vector<std::string>>());
    }
    EXPECT_EQ(task.max_target_length, row["max_target_tokens"]);
    EXPECT_EQ(task.max_source_length, of_compat(row["max_source_tokens"], "corrected"));
    EXPECT_EQ(max_source_length(task, authors), of_compat(row["max_source_tokens"], "authors"));
    const std::string text = row["template"];
    EXPECT_EQ(task.source_prefix, text.substr(0, text.find(' ')));
    expect_counts(row["counts_corrected"], expected_counts(task, DataRules()));
    expect_counts(row["counts_authors"], expected_counts(task, authors));
  }
}

}  // namespace
}  // namespace attempt::datasets
