#include "datasets/tasks/question_answering.h"
#include "datasets/text_rules.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

/// The record that the authors' code prints and pads in place of the answer; tasks.md section 8.
std::string printed_record(const Row& row, const std::vector<std::string>& texts) {
  const nlohmann::json& answers = row.at("answers");
  const nlohmann::json export_starts = answers.is_object()
                                           ? answers.value("answer_start", nlohmann::json::array())
                                           : nlohmann::json();
  std::string record;
  std::string starts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    record += (i == 0 ? "'" : ", '") + texts[i] + "'";
    nlohmann::json start = 0;
    if (answers.is_array() && answers[i].is_object()) {
      start = answers[i].value("answer_start", nlohmann::json(0));
    } else if (export_starts.is_array() && i < export_starts.size()) {
      start = export_starts[i];
    }
    starts += (i == 0 ? "" : ", ") + start.dump(-1, ' ', true);
  }
  return "{'text': [" + record + "], 'answer_start': [" + starts + "]}";
}

std::vector<Example> read_squad(const Row& row, const Task& task, const DataRules& rules) {
  const Question question = {row.id({"id"}), trim(row.text({"question"})),
                             trim(row.text({"context"})), answer_texts(row, "answers")};
  Example example = question_example(task, rules, question);
  if (rules.qa_target == Rule::kAuthors && !question.answers.empty()) {
    example.target = pad_punctuation(printed_record(row, question.answers));
    if (rules.qa_references == Rule::kAuthors) example.references = {example.target};
  }
  return {example};
}

}  // namespace

std::vector<TaskReader> squad_readers() {
  return {{.task = "squad",
           .folders = {"squad", "squad/v1.1", "SQuAD", "hf_jsonl/squad", "."},
           .train = {"train-v1.1.json", "train.jsonl", "train.json", "squad_train*.json"},
           .validation = {},
           .test = {"dev-v1.1.json", "validation.jsonl", "validation.json", "squad_dev*.json"},
           .format = {.rows_of_document = squad_rows},
           .read_row = read_squad}};
}

}  // namespace attempt::datasets
