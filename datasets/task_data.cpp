#include "datasets/task_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "datasets/bad_row.h"
#include "datasets/data_error.h"
#include "datasets/line_reader.h"
#include "datasets/split_rules.h"
#include "datasets/task_definition.h"
#include "datasets/task_files.h"
#include "datasets/tasks/own_task.h"
#include "datasets/tasks/task_reader.h"

namespace attempt::datasets {

namespace {

/// "<extra_id_3>", "</s>" and the like in a text; they are plain text to us, but worth a count.
bool has_special_literal(const std::string& text) {
  return text.find("<extra_id_") != std::string::npos || text.find("</s>") != std::string::npos ||
         text.find("<pad>") != std::string::npos || text.find("<unk>") != std::string::npos;
}

TaskReader reader_of(const Task& task) {
  if (task.definition) return own_task_reader(task);
  const TaskReader* reader = find_reader(task.name);
  if (reader == nullptr) throw std::logic_error("task '" + task.name + "' has no reader");
  return *reader;
}

/// "id1-id2" of every line of MRPC's dev_ids.tsv.
std::set<std::string> read_id_pairs(const std::filesystem::path& path) {
  std::set<std::string> pairs;
  LineReader lines(path);
  for (std::string line; lines.next(line);) {
    const std::size_t tab = line.find('\t');
    if (tab != std::string::npos) pairs.insert(line.substr(0, tab) + "-" + line.substr(tab + 1));
  }
  return pairs;
}

/// Collects the labelled examples of one file and what is to be counted on the way.
class ExampleCollector {
 public:
  ExampleCollector(const TaskFile& file, const TaskReader& reader, const Task& task,
                   const LoadOptions& options)
      : file_(file), reader_(reader), task_(task), options_(options) {
    has_prefix_ = !task_.source_prefix.empty();
    if (!options.add_prefix) task_.source_prefix.clear();
    if (!file.validation_ids.empty()) validation_ids_ = read_id_pairs(file.validation_ids);
  }

  /// @param part  the file that the record stands in
  void add(const Record& record, const std::string& part) {
    RowNotes notes;
    std::vector<Example> found = read_row(record, part, notes);
    for (const Example& example : found) refuse_repetition(example);
    for (Example& example : found) {
      if (!belongs(example)) continue;
      if (example.references.empty()) {
        ++report_.unlabelled;
        continue;
      }
      if (!options_.add_prefix && has_prefix_) example.source.erase(0, 1);  // the space after it
      example.row = first_row_ + record.row;
      if (example.id.empty()) example.id = fmt::format("{}-{}", file_.role, example.row);
      report_.special_literal += has_special_literal(example.source) ? 1 : 0;
      examples_.push_back(std::move(example));
    }
    report_.empty_text += notes.has_empty_text ? 1 : 0;
    report_.skipped += notes.is_skipped ? 1 : 0;
    report_.span_not_found += notes.kept.empty() ? 0 : 1;
    for (const BadRow& kept : notes.kept) {
      if (report_.messages.size() < kShownKept)
        report_.messages.push_back(bad_row_message(part, record.line, kept) + "; the row is used");
    }
  }

  /// Ends a part of the file. @param read  what the reader counted in it
  void end_part(FileReport read, TaskData& data) {
    unlabelled_ += report_.unlabelled;
    first_row_ += read.rows;
    report_.file = read.file;
    report_.rows = read.rows;
    report_.bad = read.bad;
    report_.used = static_cast<std::int64_t>(examples_.size()) - used_;
    used_ += report_.used;
    read.messages.insert(read.messages.end(), report_.messages.begin(), report_.messages.end());
    report_.messages = std::move(read.messages);
    data.reports.push_back(std::exchange(report_, {}));
  }

  std::vector<Example> finish() {
    if (examples_.empty()) {
      throw DataError(file_.path.string(),
                      fmt::format("none of its {} rows can be used ({} without a label). A {} file "
                                  "needs labels; official test files have none",
                                  first_row_, unlabelled_, file_.role));
    }
    return std::move(examples_);
  }

 private:
  static constexpr std::size_t kShownKept = 20;

  std::vector<Example> read_row(const Record& record, const std::string& part, RowNotes& notes) {
    try {
      return reader_.read_row(Row(record.fields, notes), task_, options_.rules);
    } catch (const BadRow& bad) {
      if (!task_.definition || bad.reason != BadRowReason::kUnknownLabel) throw;
      throw unknown_label_error(task_, part, record.line, bad);
    }
  }

  /// A row with the id and the texts of an earlier one, as in a file joined with itself. Ids that
  /// other texts have too are their authors' affair.
  void refuse_repetition(const Example& example) {
    if (example.id.empty()) return;
    const std::size_t texts =
        std::hash<std::string>()(example.group + "\n" + example.source + "\n" + example.target);
    const auto [known, is_new] = texts_of_.emplace(example.id, texts);
    if (!is_new && known->second == texts)
      throw BadRow("id", BadRowReason::kDuplicateId, example.id);
  }

  bool belongs(const Example& example) const {
    if (file_.validation_ids.empty()) return true;
    return validation_ids_.contains(example.id) == (file_.role == "validation");
  }

  const TaskFile& file_;
  const TaskReader& reader_;
  Task task_;
  const LoadOptions& options_;
  std::set<std::string> validation_ids_;
  bool has_prefix_ = false;
  std::unordered_map<std::string, std::size_t> texts_of_;  ///< id -> hash of the texts
  FileReport report_;                                      ///< of the part that is read
  std::int64_t first_row_ = 0;                             ///< of the part
  std::int64_t used_ = 0, unlabelled_ = 0;                 ///< in the parts before
  std::vector<Example> examples_;
};

std::vector<Example> read_file(const TaskFile& file, const TaskReader& reader, const Task& task,
                               const LoadOptions& options, TaskData& data) {
  ExampleCollector collector(file, reader, task, options);
  for (const std::filesystem::path& part : file.parts) {
    if (task.definition) check_fields(task, reader, part, options.max_bad_rows);
    FileReport read = read_records(part, reader.format, options.max_bad_rows,
                                   [&](const Record& record) { collector.add(record, part); });
    collector.end_part(std::move(read), data);
  }
  return collector.finish();
}

SplitCounts count_examples(const TaskData& data) {
  return {static_cast<std::int64_t>(data.train.size()),
          static_cast<std::int64_t>(data.validation.size()),
          static_cast<std::int64_t>(data.test.size())};
}

std::int64_t train_cap(const Task& task, const LoadOptions& options) {
  return options.max_train_examples.value_or(task.default_max_train_examples.value_or(kNoCap));
}

void check_counts(const Task& task, const LoadOptions& options, TaskData& data) {
  if (task.definition) return;  // nobody's counts are official
  SplitCounts official = expected_counts(task, options.rules);
  if (caps_at_load(task)) {
    official.train =
        std::min(std::max(official.train, task.uncapped_train), train_cap(task, options));
  }
  const auto check = [&](const char* split, std::int64_t count, std::int64_t expected) {
    // The older QQP archive has up to three more rows.
    const bool is_known = task.name == "qqp" && std::string(split) == "train" &&
                          count >= expected && count <= expected + 3;
    if (count == expected || is_known) return;
    const std::string warning =
        fmt::format("task '{}': {} has {} examples (the official files give {})", task.name, split,
                    count, expected);
    if (options.strict_counts)
      throw DataError("", warning + ". Use the official files, or strict_counts = false");
    if (!is_synthetic(options.root)) data.warnings.push_back(warning);
  };
  check("train", data.counts.train, official.train);
  check("validation", data.counts.validation, official.validation);
  check("test", data.counts.test, official.test);
}

/// One example for each reference of an example, which becomes its target.
void expand_references(std::vector<Example>& examples) {
  std::vector<Example> expanded;
  for (const Example& example : examples) {
    for (std::size_t i = 0; i < example.references.size(); ++i) {
      Example one = example;
      one.target = example.references[i];
      if (i > 0) one.id += fmt::format("-{}", i);
      expanded.push_back(std::move(one));
    }
  }
  examples = std::move(expanded);
}

}  // namespace

bool caps_at_load(const Task& task) {
  return task.default_max_train_examples.has_value() || task.name == "record";
}

bool is_synthetic(const std::filesystem::path& root) {
  return std::filesystem::exists(root / kSyntheticMark);
}

const std::vector<Example>& TaskData::split(Split which) const {
  switch (which) {
    case Split::kTrain:
      return train;
    case Split::kValidation:
      return validation;
    case Split::kTest:
      return test;
  }
  return test;
}

std::vector<std::filesystem::path> find_task_files(const Task& task, const LoadOptions& options) {
  std::vector<std::filesystem::path> paths;
  for (const TaskFile& file : locate_files(reader_of(task), task, options)) {
    paths.insert(paths.end(), file.parts.begin(), file.parts.end());
    if (!file.validation_ids.empty()) paths.push_back(file.validation_ids);
  }
  return paths;
}

TaskData load_task(const Task& task, const LoadOptions& options) {
  const TaskReader reader = reader_of(task);
  TaskData data;
  OfficialSplits official;
  for (const TaskFile& file : locate_files(reader, task, options)) {
    std::vector<Example>& split = file.role == "train"        ? official.train
                                  : file.role == "validation" ? official.validation
                                                              : official.test;
    split = read_file(file, reader, task, options, data);
  }
  apply_split_rule(split_rule(task, options.rules), std::move(official), data);
  if (caps_at_load(task)) cap_train_examples(task, train_cap(task, options), data.train);
  data.counts = count_examples(data);
  check_counts(task, options, data);
  if (reader.trains_on_each_reference) {
    expand_references(data.train);
    if (options.rules.record_eval == Rule::kAuthors) {
      expand_references(data.validation);
      expand_references(data.test);
    }
  }
  return data;
}

}  // namespace attempt::datasets
