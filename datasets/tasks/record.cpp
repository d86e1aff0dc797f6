#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "datasets/tasks/task_reader.h"
#include "datasets/text_rules.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

/// Sentences of the summary, which follow the passage as "@highlight" lines, become sentences of
/// the text.
std::string clean_passage(std::string text) {
  constexpr std::string_view kHighlight = "\n@highlight\n";
  for (const char mark : {'.', '?', '!', '"', '\''})
    text = replace_all(std::move(text), mark + std::string(kHighlight), std::string(1, mark) + " ");
  return replace_all(std::move(text), kHighlight, ". ");
}

/// Sorted by code point, each once.
std::vector<std::string> distinct(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

/// The entity texts of an official passage: `start` and the inclusive `end` count code points.
std::vector<std::string> entity_texts(const Row& passage, const std::string& text) {
  const std::vector<std::int32_t> code_points = decode_utf8(text);
  const auto size = static_cast<std::int64_t>(code_points.size());
  std::vector<std::string> texts;
  for (const Row& entity : passage.children("entities")) {
    const std::int64_t start = entity.integer("start");
    const std::int64_t end = entity.integer("end");
    if (start < 0 || end < start || end >= size)
      throw entity.complaint("end", BadRowReason::kBadOffset, fmt::format("{}..{}", start, end));
    std::string found;
    for (std::int64_t i = start; i <= end; ++i)
      append_utf8(found, code_points[static_cast<std::size_t>(i)]);
    texts.push_back(std::move(found));
  }
  return texts;
}

std::vector<std::string> answer_texts(const Row& query) {
  std::vector<std::string> texts;
  for (const Row& answer : query.children("answers")) texts.push_back(answer.text({"text"}));
  return texts;
}

/// One example a query, whose references are all answers; training makes one of each answer.
Example record_example(const Task& task, const DataRules& rules, const std::string& query,
                       const std::vector<std::string>& entities, const std::string& passage,
                       std::vector<std::string> answers, bool has_answers) {
  std::string joined;
  for (const std::string& entity : entities) joined += (joined.empty() ? "" : ", ") + entity;
  Example example;
  example.source = source_text(
      task.source_prefix, {"record", "query:", query, "entities:", joined, "passage:", passage});
  example.references = distinct(std::move(answers));
  const bool is_unanswered = has_answers && example.references.empty();
  if (is_unanswered && rules.record_no_answer == Rule::kAuthors) example.references = {"<unk>"};
  if (!example.references.empty()) example.target = example.references.front();
  return example;
}

/// An official row is a passage with its queries, a row of the export one query.
std::vector<Example> read_record(const Row& row, const Task& task, const DataRules& rules) {
  if (!row.has("qas")) {
    const Row ids = row.child("idx");
    const bool has_answers = row.has("answers");
    Example example = record_example(
        task, rules, row.text({"query"}), distinct(row.texts("entities")),
        clean_passage(row.text({"passage"})),
        has_answers ? row.texts("answers") : std::vector<std::string>(), has_answers);
    example.group = ids.id({"passage"}) + "-" + ids.id({"query"});
    example.id = example.group;
    return {example};
  }
  const Row passage = row.child("passage");
  const std::string text = passage.text({"text"});
  const std::vector<std::string> entities = distinct(entity_texts(passage, text));
  std::vector<Example> examples;
  for (const Row& query : row.children("qas")) {
    const bool has_answers = query.has("answers");
    Example example =
        record_example(task, rules, query.text({"query"}), entities, clean_passage(text),
                       has_answers ? answer_texts(query) : std::vector<std::string>(), has_answers);
    example.group = row.id({"idx"}) + "-" + query.id({"idx"});
    example.id = example.group;
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace

std::vector<TaskReader> record_readers() {
  return {{.task = "record",
           .folders = {"superglue/ReCoRD", "SuperGLUE/ReCoRD", "ReCoRD", "superglue/record",
                       "record", "hf_jsonl/record"},
           .train = {"train.jsonl", "train.json"},
           .validation = {},
           .test = {"val.jsonl", "validation.jsonl", "validation.json"},
           .read_row = read_record,
           .trains_on_each_reference = true}};
}

}  // namespace attempt::datasets
