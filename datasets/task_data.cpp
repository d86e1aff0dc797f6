#include "datasets/task_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "datasets/bad_row.h"
#include "datasets/data_error.h"
#include "datasets/split_rules.h"
#include "datasets/task_files.h"
#include "datasets/tasks/task_reader.h"

namespace attempt::datasets {

namespace {

/// "<extra_id_3>", "</s>" and the like in a text; they are plain text to us, but worth a count.
bool has_special_literal(const std::string& text) {
  return text.find("<extra_id_") != std::string::npos || text.find("</s>") != std::string::npos ||
         text.find("<pad>") != std::string::npos || text.find("<unk>") != std::string::npos;
}

const TaskReader& reader_of(const Task& task) {
  const TaskReader* reader = find_reader(task.name);
  if (reader == nullptr) {
    throw DataError(
        "", fmt::format("task '{}': reading its files is not part of this version", task.name));
  }
  return *reader;
}

/// The labelled examples of one file.
std::vector<Example> read_file(const TaskFile& file, const TaskReader& reader, const Task& task,
                               const LoadOptions& options, TaskData& data) {
  std::vector<Example> examples;
  std::int64_t unlabelled = 0;
  std::int64_t empty_text = 0;
  std::int64_t special_literal = 0;
  Task shown = task;
  if (!options.add_prefix) shown.source_prefix.clear();
  FileReport report =
      read_records(file.path, reader.format, options.max_bad_rows, [&](const Record& record) {
        for (Example& example : reader.read_row(Row(record.fields), shown, options.rules)) {
          if (!options.add_prefix) example.source.erase(0, 1);  // the space after the prefix
          if (example.references.empty()) {
            ++unlabelled;
            continue;
          }
          if (example.id.empty()) example.id = fmt::format("{}-{}", file.role, record.row);
          example.row = record.row;
          empty_text += example.source.ends_with(": ") ? 1 : 0;
          special_literal += has_special_literal(example.source) ? 1 : 0;
          examples.push_back(std::move(example));
        }
      });
  report.unlabelled = unlabelled;
  report.used -= std::min(report.used, unlabelled);
  report.empty_text = empty_text;
  report.special_literal = special_literal;
  if (examples.empty()) {
    throw DataError(
        file.path.string(),
        fmt::format("none of its {} rows can be used ({} without a label). A {} file needs labels; "
                    "official test files have none",
                    report.rows, unlabelled, file.role));
  }
  data.reports.push_back(std::move(report));
  return examples;
}

void check_counts(const Task& task, const LoadOptions& options, TaskData& data) {
  const auto check = [&](const char* split, std::size_t found, std::int64_t expected) {
    const auto count = static_cast<std::int64_t>(found);
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
  check("train", data.train.size(), task.expected.train);
  check("validation", data.validation.size(), task.expected.validation);
  check("test", data.test.size(), task.expected.test);
}

}  // namespace

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

std::vector<std::filesystem::path> find_task_files(
    const Task& task, const std::filesystem::path& root,
    const std::map<std::string, std::filesystem::path>& files) {
  const LoadOptions options{.root = root, .files = files};
  std::vector<std::filesystem::path> paths;
  for (const TaskFile& file : locate_files(reader_of(task), task, options))
    paths.push_back(file.path);
  return paths;
}

TaskData load_task(const Task& task, const LoadOptions& options) {
  const TaskReader& reader = reader_of(task);
  TaskData data;
  OfficialSplits official;
  for (const TaskFile& file : locate_files(reader, task, options)) {
    std::vector<Example>& split = file.role == "train"        ? official.train
                                  : file.role == "validation" ? official.validation
                                                              : official.test;
    split = read_file(file, reader, task, options, data);
  }
  apply_split_rule(task.split_rule, std::move(official), data);
  if (task.default_max_train_examples)
    cap_train_examples(task, *task.default_max_train_examples, data.train);
  check_counts(task, options, data);
  return data;
}

}  // namespace attempt::datasets
