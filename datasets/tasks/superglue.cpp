#include "datasets/tasks/task_reader.h"
#include "datasets/text_rules.h"
#include "datasets/wsc_marks.h"

namespace attempt::datasets {

namespace {

const std::vector<std::string> kFalseTrue = {"False", "True"};

std::vector<Example> read_boolq(const Row& row, const Task& task, const DataRules&) {
  return {labelled_example(task, row.id({"idx"}),
                           source_text(task.source_prefix, {"question:", row.text({"question"}),
                                                            "passage:", row.text({"passage"})}),
                           row.class_index({"label"}, kFalseTrue))};
}

std::vector<Example> read_cb(const Row& row, const Task& task, const DataRules&) {
  return {labelled_example(
      task, row.id({"idx"}),
      source_text(task.source_prefix,
                  {"premise:", row.text({"premise"}), "hypothesis:", row.text({"hypothesis"})}),
      row.class_index({"label"}, {"entailment", "contradiction", "neutral"}))};
}

std::vector<Example> read_wic(const Row& row, const Task& task, const DataRules&) {
  return {labelled_example(task, row.id({"idx"}),
                           source_text(task.source_prefix, {"sentence1:", row.text({"sentence1"}),
                                                            "sentence2:", row.text({"sentence2"}),
                                                            "word:", row.text({"word"})}),
                           row.class_index({"label"}, kFalseTrue))};
}

WscSpan wsc_span(const Row& spans, const char* text, const char* index) {
  constexpr std::int64_t kMostWords = 1000000;
  const WscSpan span = {spans.text({text}), spans.integer(index)};
  if (span.word < 0 || span.word > kMostWords)
    throw spans.complaint(index, BadRowReason::kBadOffset, std::to_string(span.word));
  return span;
}

/// The official file has the spans in `target`; the export has them flat.
std::vector<Example> read_wsc(const Row& row, const Task& task, const DataRules& rules) {
  const Row spans = row.has("target") ? row.child("target") : row;
  const WscSpan span1 = wsc_span(spans, "span1_text", "span1_index");
  const WscSpan span2 = wsc_span(spans, "span2_text", "span2_index");
  const std::string text = row.text({"text"});
  const MarkedText marked = rules.wsc_mark == Rule::kAuthors ? mark_anchored(text, span1, span2)
                                                             : mark_nearest(text, span1, span2);
  for (const int span : marked.unmarked) {
    row.notes().kept.push_back(spans.complaint(span == 1 ? "span1_text" : "span2_text",
                                               BadRowReason::kSpanNotFound,
                                               span == 1 ? span1.text : span2.text));
  }
  return {labelled_example(task, row.id({"idx"}),
                           source_text(task.source_prefix, {"text:", marked.text}),
                           row.class_index({"label"}, kFalseTrue))};
}

std::string without_tags(std::string text) {
  text = replace_all(std::move(text), "<br>", " ");
  text = replace_all(std::move(text), "<b>", "");
  return replace_all(std::move(text), "</b>", "");
}

struct MultircTexts {
  std::string question, answer, paragraph;
};

Example multirc_example(const Task& task, const MultircTexts& texts, const std::string& question_id,
                        const std::string& answer_id, std::optional<std::size_t> label) {
  Example example = labelled_example(
      task, question_id + "-" + answer_id,
      source_text(task.source_prefix,
                  {"question:", without_tags(texts.question), "answer:", without_tags(texts.answer),
                   "paragraph:", without_tags(texts.paragraph)}),
      label);
  example.group = question_id;
  return example;
}

/// An example for each answer: an official row is a passage, a row of the export an answer.
std::vector<Example> read_multirc(const Row& row, const Task& task, const DataRules&) {
  if (!row.has("passage")) {
    const Row ids = row.child("idx");
    return {multirc_example(task,
                            {row.text({"question"}), row.text({"answer"}), row.text({"paragraph"})},
                            ids.id({"paragraph"}) + "-" + ids.id({"question"}), ids.id({"answer"}),
                            row.class_index({"label"}, kFalseTrue))};
  }
  std::vector<Example> examples;
  const Row passage = row.child("passage");
  const std::string paragraph = passage.text({"text"});
  for (const Row& question : passage.children("questions")) {
    const std::string question_id = row.id({"idx"}) + "-" + question.id({"idx"});
    const std::string question_text = question.text({"question"});
    for (const Row& answer : question.children("answers")) {
      examples.push_back(multirc_example(task, {question_text, answer.text({"text"}), paragraph},
                                         question_id, answer.id({"idx"}),
                                         answer.class_index({"label"}, kFalseTrue)));
    }
  }
  return examples;
}

TaskReader superglue_reader(const std::string& task, const std::string& folder, ReadRow read_row) {
  const std::vector<std::string> validation = {"val.jsonl", "validation.jsonl", "validation.json"};
  return {.task = task,
          .folders = {"superglue/" + folder, "SuperGLUE/" + folder, folder, "superglue/" + task,
                      task, "hf_jsonl/" + task},
          .train = {"train.jsonl", "train.json"},
          .validation = validation,
          .test = validation,
          .read_row = read_row};
}

}  // namespace

std::vector<TaskReader> superglue_readers() {
  TaskReader wsc = superglue_reader("wsc", "WSC", read_wsc);
  wsc.folders.insert(wsc.folders.end(), {"superglue/wsc.fixed", "wsc.fixed"});
  return {superglue_reader("boolq", "BoolQ", read_boolq), superglue_reader("cb", "CB", read_cb),
          superglue_reader("wic", "WiC", read_wic), wsc,
          superglue_reader("multirc", "MultiRC", read_multirc)};
}

}  // namespace attempt::datasets
