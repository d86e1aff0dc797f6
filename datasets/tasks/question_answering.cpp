#include <algorithm>

#include "datasets/bad_row.h"
#include "datasets/tasks/task_reader.h"
#include "datasets/text_rules.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

/// The answer texts of a row: SQuAD's list of objects, or the export's object of lists.
std::vector<std::string> answer_texts(const Row& row) {
  const nlohmann::json& answers = row.at("answers");
  std::vector<std::string> texts;
  const auto add = [&texts](const nlohmann::json& text) {
    if (!text.is_string()) throw BadRow("answers.text", BadRowReason::kWrongType, text.dump());
    texts.push_back(trim(text.get<std::string>()));
  };
  if (answers.is_object() && answers.contains("text") && answers["text"].is_array()) {
    for (const nlohmann::json& text : answers["text"]) add(text);
  } else if (answers.is_array()) {
    for (const nlohmann::json& answer : answers) {
      if (!answer.is_object() || !answer.contains("text")) {
        throw BadRow("answers[" + std::to_string(texts.size()) + "].text",
                     BadRowReason::kMissingField, answer.dump());
      }
      add(answer["text"]);
    }
  } else {
    throw BadRow("answers", BadRowReason::kWrongType, answers.dump());
  }
  return texts;
}

/// The record that the authors' code prints and pads in place of the answer; tasks.md section 8.
std::string printed_record(const Row& row, const std::vector<std::string>& texts) {
  std::string record = "{'text': [";
  std::string starts;
  const nlohmann::json& answers = row.at("answers");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    record += (i == 0 ? "'" : ", '") + texts[i] + "'";
    const nlohmann::json start = answers.is_array()
                                     ? answers[i].value("answer_start", nlohmann::json(0))
                                     : answers.value("answer_start", nlohmann::json::array())[i];
    starts += (i == 0 ? "" : ", ") + start.dump();
  }
  return record + "], 'answer_start': [" + starts + "]}";
}

std::vector<Example> read_squad(const Row& row, const Task& task, const DataRules& rules) {
  Example example;
  example.id = row.id({"id"});
  example.source =
      source_text(task.source_prefix, {"question:", pad_punctuation(trim(row.text({"question"}))),
                                       "context:", pad_punctuation(trim(row.text({"context"})))});
  const std::vector<std::string> texts = answer_texts(row);
  if (texts.empty()) return {example};
  example.target = pad_punctuation(rules.qa_target == Rule::kAuthors ? printed_record(row, texts)
                                                                     : texts.front());
  if (rules.qa_references == Rule::kAuthors) {
    example.references = {example.target};
    return {example};
  }
  for (const std::string& text : texts) {
    const std::string reference = pad_punctuation(text);
    const bool is_new = std::find(example.references.begin(), example.references.end(),
                                  reference) == example.references.end();
    if (is_new) example.references.push_back(reference);
  }
  return {example};
}

/// Questions of a SQuAD document as flat rows; parts of another form become rows that read_squad
/// refuses.
std::vector<nlohmann::json> squad_rows(const nlohmann::json& document) {
  std::vector<nlohmann::json> rows;
  const nlohmann::json none = nlohmann::json::array();
  const auto list = [&none](const nlohmann::json& holder,
                            const char* name) -> const nlohmann::json& {
    const bool has_list = holder.is_object() && holder.contains(name) && holder[name].is_array();
    return has_list ? holder[name] : none;
  };
  for (const nlohmann::json& article : list(document, "data")) {
    for (const nlohmann::json& paragraph : list(article, "paragraphs")) {
      for (nlohmann::json question : list(paragraph, "qas")) {
        if (!question.is_object()) question = nlohmann::json::object();
        if (paragraph.contains("context")) question["context"] = paragraph["context"];
        rows.push_back(std::move(question));
      }
    }
  }
  return rows;
}

}  // namespace

std::vector<TaskReader> question_answering_readers() {
  return {{.task = "squad",
           .folders = {"squad", "squad/v1.1", "SQuAD", "hf_jsonl/squad", "."},
           .train = {"train-v1.1.json", "train.jsonl", "train.json", "squad_train*.json"},
           .validation = {},
           .test = {"dev-v1.1.json", "validation.jsonl", "validation.json", "squad_dev*.json"},
           .format = {.rows_of_document = squad_rows},
           .read_row = read_squad}};
}

}  // namespace attempt::datasets
