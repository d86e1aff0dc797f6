#include "datasets/number.h"
#include "datasets/tasks/task_reader.h"
#include "datasets/text_rules.h"
#include "datasets/unicode.h"

namespace attempt::datasets {

namespace {

/// A class from stars written as "Review Stars: 4.0": 1 and 2 are negative, 4 and 5 positive, three
/// are neither.
std::optional<std::size_t> class_of_stars(const Row& row) {
  const std::string text = row.text({"label2"});
  const std::optional<double> stars = parse_number(text.substr(text.find(':') + 1));
  if (!stars || *stars < 1 || *stars > 5)
    throw row.complaint("label2", BadRowReason::kBadNumber, text);
  if (*stars == 3) return std::nullopt;
  return *stars > 3 ? 1 : 0;
}

/// A review between the quotes of its CSV line, as it stands there: the export's form too.
std::string raw_review(const Row& row) {
  return row.has("review") ? replace_all(row.text({"review"}), "\"", "\"\"") : row.text({"text"});
}

std::vector<Example> read_yelp(const Row& row, const Task& task, const DataRules& rules) {
  std::optional<std::size_t> label;
  if (row.has("review")) {  // the official file: classes 1 and 2
    const std::string number = row.id({"class"});
    if (number != "1" && number != "2")
      throw row.complaint("class", BadRowReason::kUnknownLabel, number);
    label = number == "1" ? 0 : 1;
  } else if (row.has("label2")) {
    label = class_of_stars(row);
    if (!label) {
      row.notes().is_skipped = true;
      return {};
    }
  } else {
    label = row.class_index({"label"}, {"0", "1"});
  }
  std::string text = raw_review(row);
  if (rules.yelp_text == Rule::kCorrected) {
    text = replace_all(std::move(text), "\"\"", "\"");
    text = replace_all(std::move(text), "\\n", " ");
  }
  return {labelled_example(task, row.id({"idx"}),
                           source_text(task.source_prefix, {"sentence:", trim(text)}), label)};
}

}  // namespace

std::vector<TaskReader> yelp_readers() {
  return {{.task = "yelp",
           .folders = {"yelp_review_polarity_csv", "yelp_polarity/yelp_review_polarity_csv",
                       "yelp_polarity", "yelp", "hf_jsonl/yelp_polarity", "hf_jsonl/yelp"},
           .train = {"train.csv", "train.jsonl", "train.json"},
           .validation = {},
           .test = {"test.csv", "test.jsonl", "test.json"},
           .format = {.needed_columns = {"text", "label2"},
                      .columns_without_header = {"class", "review"},
                      .table = TableKind::kCsv},
           .read_row = read_yelp}};
}

}  // namespace attempt::datasets
