#include "datasets/tasks/task_reader.h"
#include "datasets/text_rules.h"

namespace attempt::datasets {

namespace {

std::vector<Example> read_mnli(const Row& row, const Task& task, const DataRules&) {
  const auto label =
      row.class_index({"gold_label", "label"}, {"entailment", "neutral", "contradiction"});
  return {labelled_example(
      task, row.id({"pairID", "idx"}),
      source_text(task.source_prefix, {"premise:", row.text({"sentence1", "premise"}),
                                       "hypothesis:", row.text({"sentence2", "hypothesis"})}),
      label)};
}

std::vector<Example> read_qqp(const Row& row, const Task& task, const DataRules&) {
  const auto label = row.class_index({"is_duplicate", "label"}, {"not_duplicate", "duplicate"});
  return {labelled_example(task, row.id({"id", "idx"}),
                           source_text(task.source_prefix, {"question1:", row.text({"question1"}),
                                                            "question2:", row.text({"question2"})}),
                           label)};
}

std::vector<Example> read_qnli(const Row& row, const Task& task, const DataRules&) {
  const auto label = row.class_index({"label"}, {"entailment", "not_entailment"});
  return {labelled_example(task, row.id({"index", "idx"}),
                           source_text(task.source_prefix, {"question:", row.text({"question"}),
                                                            "sentence:", row.text({"sentence"})}),
                           label)};
}

std::vector<Example> read_sst2(const Row& row, const Task& task, const DataRules&) {
  const auto label = row.class_index({"label"}, {"negative", "positive"});
  return {labelled_example(task, row.id({"idx"}),
                           source_text(task.source_prefix, {"sentence:", row.text({"sentence"})}),
                           label)};
}

std::vector<Example> read_cola(const Row& row, const Task& task, const DataRules&) {
  const auto label = row.class_index({"label"}, {"unacceptable", "acceptable"});
  return {labelled_example(task, row.id({"idx"}),
                           source_text(task.source_prefix, {"sentence:", row.text({"sentence"})}),
                           label)};
}

std::vector<Example> read_mrpc(const Row& row, const Task& task, const DataRules&) {
  const auto label = row.class_index({"Quality", "label"}, {"not_equivalent", "equivalent"});
  const std::string first = row.id({"#1 ID"});
  const std::string id = first.empty() ? row.id({"idx"}) : first + "-" + row.id({"#2 ID"});
  return {labelled_example(
      task, id,
      source_text(task.source_prefix, {"sentence1:", row.text({"#1 String", "sentence1"}),
                                       "sentence2:", row.text({"#2 String", "sentence2"})}),
      label)};
}

/// Also the SuperGLUE copy, whose fields are premise and hypothesis.
std::vector<Example> read_rte(const Row& row, const Task& task, const DataRules&) {
  const auto label = row.class_index({"label"}, {"entailment", "not_entailment"});
  return {labelled_example(
      task, row.id({"index", "idx"}),
      source_text(task.source_prefix, {"sentence1:", row.text({"sentence1", "premise"}),
                                       "sentence2:", row.text({"sentence2", "hypothesis"})}),
      label)};
}

std::vector<Example> read_stsb(const Row& row, const Task& task, const DataRules& rules) {
  Example example;
  example.id = row.id({"index", "idx"});
  example.source = source_text(task.source_prefix, {"sentence1:", row.text({"sentence1"}),
                                                    "sentence2:", row.text({"sentence2"})});
  if (const std::optional<double> score = row.number({"score", "label"})) {
    const nlohmann::json& field = row.at(row.has("score") ? "score" : "label");
    const std::string written = field.is_string() ? field.get<std::string>() : field.dump();
    if (*score < 0 || *score > 5) throw row.complaint("score", BadRowReason::kBadNumber, written);
    example.target =
        rules.stsb_round == Rule::kAuthors ? stsb_decimal_target(*score) : stsb_grid_target(*score);
    example.references = {rules.stsb_reference == Rule::kAuthors ? example.target : written};
  }
  return {example};
}

TaskReader glue_reader(const std::string& task, const std::string& folder, ReadRow read_row) {
  return {.task = task,
          .folders = {"glue/" + folder, folder, "glue/" + task, task, "hf_jsonl/" + task},
          .train = {"train.tsv", "train.jsonl", "train.json"},
          .validation = {"dev.tsv", "validation.jsonl", "validation.json", "val.jsonl"},
          .test = {"dev.tsv", "validation.jsonl", "validation.json", "val.jsonl"},
          .read_row = read_row};
}

}  // namespace

std::vector<TaskReader> glue_readers() {
  TaskReader mnli = glue_reader("mnli", "MNLI", read_mnli);
  mnli.validation = {"dev_mismatched.tsv", "validation_mismatched.jsonl",
                     "validation_mismatched.json"};
  mnli.test = {"dev_matched.tsv", "validation_matched.jsonl", "validation_matched.json"};
  mnli.format.needed_columns = {"sentence1", "sentence2", "gold_label"};
  TaskReader qqp = glue_reader("qqp", "QQP", read_qqp);
  qqp.format.needed_columns = {"question1", "question2", "is_duplicate"};
  TaskReader qnli = glue_reader("qnli", "QNLI", read_qnli);
  qnli.format.needed_columns = {"question", "sentence", "label"};
  TaskReader sst2 = glue_reader("sst2", "SST-2", read_sst2);
  sst2.format.needed_columns = {"sentence", "label"};
  TaskReader cola = glue_reader("cola", "CoLA", read_cola);
  cola.format.needed_columns = {"sentence", "label"};  // of exports; the test file has no label
  cola.format.columns_without_header = {"source_code", "label", "mark", "sentence"};
  TaskReader mrpc = glue_reader("mrpc", "MRPC", read_mrpc);
  mrpc.format.needed_columns = {"#1 String", "#2 String", "Quality"};
  mrpc.whole_corpus = "msr_paraphrase_train.txt";
  mrpc.validation_ids = "dev_ids.tsv";
  mrpc.train.push_back(mrpc.whole_corpus);
  mrpc.validation.push_back(mrpc.whole_corpus);
  TaskReader rte = glue_reader("rte", "RTE", read_rte);
  rte.folders.push_back("superglue/RTE");
  rte.format.needed_columns = {"sentence1", "sentence2", "label"};
  TaskReader stsb = glue_reader("stsb", "STS-B", read_stsb);
  stsb.format.needed_columns = {"sentence1", "sentence2", "score"};
  return {mnli, qqp, qnli, sst2, stsb, mrpc, rte, cola};
}

}  // namespace attempt::datasets
