#include "datasets/tasks/task_reader.h"

namespace attempt::datasets {

namespace {

/// `answer` is "1" or "2"; empty or absent in the official test file.
std::vector<Example> read_winogrande(const Row& row, const Task& task, const DataRules& rules) {
  const std::string option1 = row.text({"option1"});
  const std::string option2 = row.text({"option2"});
  std::optional<std::size_t> label;
  const std::string answer = row.id({"answer"});
  if (answer == "1" || answer == "2") {
    label = answer == "1" ? 0 : 1;
  } else if (!answer.empty() && answer != "-1") {
    throw row.complaint("answer", BadRowReason::kUnknownLabel, answer);
  }
  const bool shows_first_twice = rules.winogrande_options == Rule::kAuthors;
  return {labelled_example(
      task, row.id({"qID", "idx"}),
      source_text(task.source_prefix, {"sentence:", row.text({"sentence"}), "option0:", option1,
                                       "option1:", shows_first_twice ? option1 : option2}),
      label)};
}

/// The three formats of the archive, each with its own names of fields and labels.
std::vector<Example> read_scitail(const Row& row, const Task& task, const DataRules&) {
  const std::string written = row.id({"gold_label", "label"});
  std::optional<std::size_t> label;
  if (written == "entails" || written == "not_entailment") {
    label = written == "entails" ? 0 : 1;
  } else {
    label = row.class_index({"gold_label", "label"}, {"entailment", "neutral"});
  }
  return {labelled_example(
      task, row.id({"pairID", "idx"}),
      source_text(task.source_prefix, {"premise:", row.text({"sentence1", "premise"}),
                                       "hypothesis:", row.text({"sentence2", "hypothesis"})}),
      label)};
}

std::vector<Example> read_paws(const Row& row, const Task& task, const DataRules&) {
  return {labelled_example(task, row.id({"id", "idx"}),
                           source_text(task.source_prefix, {"sentence1:", row.text({"sentence1"}),
                                                            "sentence2:", row.text({"sentence2"})}),
                           row.class_index({"label"}, {"0", "1"}))};
}

/// Names of a split of SciTail in the order of preference.
std::vector<std::string> scitail_names(const std::string& split, const std::string& of_export) {
  const std::string file = "scitail_1.0_" + split;
  return {"snli_format/" + file + ".txt",
          "tsv_format/" + file + ".tsv",
          "predictor_format/scitail_1.0_structure_" + split + ".jsonl",
          file + ".txt",
          file + ".tsv",
          of_export + ".jsonl",
          of_export + ".json"};
}

}  // namespace

std::vector<TaskReader> sentence_readers() {
  // Always the largest training set; the smaller ones only where a sweep names them.
  TaskReader winogrande = {.task = "winogrande",
                           .folders = {"winogrande", "winogrande_1.1", "winogrande/winogrande_1.1",
                                       "hf_jsonl/winogrande"},
                           .train = {"train_xl.jsonl", "train.jsonl", "train.json"},
                           .validation = {},
                           .test = {"dev.jsonl", "validation.jsonl", "validation.json"},
                           .read_row = read_winogrande};
  TaskReader scitail = {
      .task = "scitail",
      .folders = {"SciTailV1.1", "scitail/SciTailV1.1", "scitail", "hf_jsonl/scitail"},
      .train = scitail_names("train", "train"),
      .validation = scitail_names("dev", "validation"),
      .test = scitail_names("test", "test"),
      .format = {.needed_columns = {"premise", "hypothesis", "label"},
                 .columns_without_header = {"premise", "hypothesis", "label"}},
      .read_row = read_scitail};
  TaskReader paws = {
      .task = "paws",
      .folders = {"paws", "paws/final", "final", "PAWS", "hf_jsonl/paws", "paws/en", "x-final/en"},
      .train = {"train.tsv", "translated_train.tsv", "train.jsonl", "train.json"},
      .validation = {"dev.tsv", "dev_2k.tsv", "validation.jsonl", "validation.json"},
      .test = {"test.tsv", "test_2k.tsv", "test.jsonl", "test.json"},
      .format = {.needed_columns = {"sentence1", "sentence2", "label"},
                 .columns_without_header = {"sentence1", "sentence2", "label"}},
      .read_row = read_paws};
  return {winogrande, scitail, paws};
}

}  // namespace attempt::datasets
