#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "datasets/data_error.h"
#include "datasets/tasks/question_answering.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

/// A set of the MRQA 2019 collection: our name, the name of its files, and how its header begins.
struct MrqaSet {
  const char* task;
  const char* file;
  const char* header;
};

constexpr MrqaSet kSets[] = {{"nq", "NaturalQuestionsShort", "naturalquestions"},
                             {"hotpotqa", "HotpotQA", "hotpotqa"},
                             {"searchqa", "SearchQA", "searchqa"},
                             {"newsqa", "NewsQA", "newsqa"}};

const MrqaSet& set_of(const std::string& task) {
  return *std::find_if(std::begin(kSets), std::end(kSets),
                       [&task](const MrqaSet& set) { return task == set.task; });
}

/// "NaturalQuestionsShort" and "natural_questions" are both of the set nq.
bool is_name_of(std::string name, const MrqaSet& set) {
  std::string letters;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters.starts_with(set.header);
}

/// Official files begin with {"header": {"dataset": ..., "split": ...}}.
bool is_mrqa_header(const nlohmann::json& first, const std::string& file, const MrqaSet& set) {
  const auto header = first.find("header");
  if (header == first.end()) {
    if (!first.contains("qas")) return false;  // lines of another layout have no header
    throw DataError(file,
                    "does not begin with a header line {\"header\": {\"dataset\": ...}} (an "
                    "official MRQA file does). Download it again");
  }
  std::string dataset;
  if (header->is_object() && header->contains("dataset") && (*header)["dataset"].is_string())
    dataset = (*header)["dataset"].get<std::string>();
  if (!is_name_of(dataset, set)) {
    throw DataError(file, fmt::format("is of the data set '{}' (its header line says so; {} is "
                                      "wanted). Put the right file there",
                                      dataset, set.file));
  }
  return true;
}

/// `answers` where there are any, else the texts of `detected_answers`.
std::vector<std::string> mrqa_answers(const Row& row) {
  if (row.has("answers")) {
    std::vector<std::string> texts = answer_texts(row, "answers");
    if (!texts.empty()) return texts;
  }
  return row.has("detected_answers") ? answer_texts(row, "detected_answers")
                                     : std::vector<std::string>();
}

/// The paragraphs of the original HotpotQA that hold its supporting facts, in MRQA's form.
std::string supporting_context(const Row& row) {
  std::set<std::string> titles;
  const nlohmann::json& facts = row.at("supporting_facts");
  if (!facts.is_array())
    throw row.complaint("supporting_facts", BadRowReason::kWrongType, facts.dump(-1, ' ', true));
  for (const nlohmann::json& fact : facts) {
    if (fact.is_array() && !fact.empty() && fact[0].is_string())
      titles.insert(fact[0].get<std::string>());
  }
  std::string context;
  for (const nlohmann::json& paragraph : row.at("context")) {
    const bool is_paragraph = paragraph.is_array() && paragraph.size() == 2 &&
                              paragraph[0].is_string() && paragraph[1].is_array();
    if (!is_paragraph)
      throw row.complaint("context", BadRowReason::kWrongType, paragraph.dump(-1, ' ', true));
    const std::string title = paragraph[0].get<std::string>();
    if (!titles.contains(title)) continue;
    context += (context.empty() ? "[PAR] [TLE] " : " [PAR] [TLE] ") + title + " [SEP]";
    for (const nlohmann::json& sentence : paragraph[1]) {
      if (!sentence.is_string())
        throw row.complaint("context", BadRowReason::kWrongType, sentence.dump(-1, ' ', true));
      context += " " + trim(sentence.get<std::string>());
    }
  }
  return context;
}

std::vector<Example> read_original_hotpotqa(const Row& row, const Task& task,
                                            const DataRules& rules) {
  const std::string answer = trim(row.text({"answer"}));
  if (answer == "yes" || answer == "no") {  // no span of the text: not part of MRQA
    row.notes().is_skipped = true;
    return {};
  }
  return {question_example(
      task, rules,
      {row.id({"_id", "id"}), trim(row.text({"question"})), supporting_context(row), {answer}})};
}

/// An official row is a context with its questions; rows of other layouts are questions.
std::vector<Example> read_mrqa(const Row& row, const Task& task, const DataRules& rules) {
  if (row.has("supporting_facts")) return read_original_hotpotqa(row, task, rules);
  if (row.has("subset") && !is_name_of(row.text({"subset"}), set_of(task.name))) {
    row.notes().is_skipped = true;  // an export of the whole collection
    return {};
  }
  const std::string context = trim(row.text({"context"}));
  std::vector<Row> questions;
  if (row.has("qas")) {
    questions = row.children("qas");
  } else {
    questions.push_back(row);
  }
  std::vector<Example> examples;
  for (const Row& question : questions) {
    examples.push_back(
        question_example(task, rules,
                         {question.id({"qid", "id", "key"}), trim(question.text({"question"})),
                          context, mrqa_answers(question)}));
  }
  return examples;
}

TaskReader mrqa_reader(const MrqaSet& set) {
  const std::string task = set.task;
  const std::string file = set.file;
  return {.task = task,
          .folders = {"mrqa", "MRQA", "hf_jsonl", "."},
          .train = {"train/" + file + ".jsonl", file + "-train.jsonl", task + "/train.jsonl",
                    task + "/train.json"},
          .validation = {},
          .test = {"dev/" + file + ".jsonl", file + "-dev.jsonl", task + "/validation.jsonl",
                   task + "/validation.json", task + "/dev.jsonl", task + "/dev.json"},
          .format = {.rows_of_document = squad_rows,
                     .is_header =
                         [&set](const nlohmann::json& first, const std::string& path) {
                           return is_mrqa_header(first, path, set);
                         }},
          .read_row = read_mrqa};
}

}  // namespace

std::vector<TaskReader> mrqa_readers() {
  std::vector<TaskReader> readers;
  for (const MrqaSet& set : kSets) readers.push_back(mrqa_reader(set));
  return readers;
}

}  // namespace attempt::datasets
