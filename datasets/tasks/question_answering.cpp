#include "datasets/tasks/question_answering.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/text_rules.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

Example question_example(const Task& task, const DataRules& rules, const Question& question) {
  Example example;
  example.id = question.id;
  example.source = source_text(task.source_prefix, {"question:", pad_punctuation(question.question),
                                                    "context:", pad_punctuation(question.context)});
  if (question.answers.empty()) return example;
  std::string target = question.answers.front();
  if (rules.qa_target == Rule::kAuthors) {
    for (std::size_t i = 1; i < question.answers.size(); ++i) target += " " + question.answers[i];
  }
  example.target = pad_punctuation(target);
  if (rules.qa_references == Rule::kAuthors) {
    example.references = {example.target};
    return example;
  }
  for (const std::string& text : question.answers) {
    const std::string reference = pad_punctuation(text);
    const bool is_new = std::find(example.references.begin(), example.references.end(),
                                  reference) == example.references.end();
    if (is_new) example.references.push_back(reference);
  }
  return example;
}

std::vector<std::string> answer_texts(const Row& row, const char* field) {
  const nlohmann::json& value = row.at(field);
  std::vector<std::string> texts;
  if (value.is_object()) {
    texts = row.child(field).texts("text");
  } else if (value.is_array() && !value.empty() && value[0].is_object()) {
    for (const Row& answer : row.children(field)) texts.push_back(answer.text({"text"}));
  } else {
    texts = row.texts(field);
  }
  for (std::string& text : texts) text = trim(text);
  return texts;
}

std::vector<DocumentRow> squad_rows(const nlohmann::json& document) {
  std::vector<DocumentRow> rows;
  const nlohmann::json none = nlohmann::json::array();
  const auto list = [&none](const nlohmann::json& holder,
                            const char* name) -> const nlohmann::json& {
    const bool has_list = holder.is_object() && holder.contains(name) && holder[name].is_array();
    return has_list ? holder[name] : none;
  };
  const nlohmann::json& articles = list(document, "data");
  for (std::size_t a = 0; a < articles.size(); ++a) {
    const nlohmann::json& paragraphs = list(articles[a], "paragraphs");
    for (std::size_t p = 0; p < paragraphs.size(); ++p) {
      const nlohmann::json& questions = list(paragraphs[p], "qas");
      for (std::size_t q = 0; q < questions.size(); ++q) {
        DocumentRow row{questions[q], fmt::format("data[{}].paragraphs[{}].qas[{}]", a, p, q)};
        if (!row.fields.is_object()) row.fields = nlohmann::json::object();
        if (paragraphs[p].contains("context")) row.fields["context"] = paragraphs[p]["context"];
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

}  // namespace attempt::datasets
