#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/data_rules.h"
#include "datasets/task.h"

namespace attempt::datasets {

/// One example as text, before tokenisation.
struct Example {
  std::string id;      ///< official id, or "<split>-<row>" where a set has none
  std::string source;  ///< with the task's prefix and field labels
  std::string target;
  std::vector<std::string> references;  ///< what predictions are scored against; at least one
  std::string group;                    ///< MultiRC, ReCoRD: question key; otherwise empty
  std::int64_t row = 0;                 ///< 0-based row of the official file, bad rows counted
};

/// What reading one file gave; goes to the log and into the trial file.
struct FileReport {
  std::string file;
  std::string sha256;                ///< filled by whoever fingerprints files; may be empty
  std::int64_t rows = 0;             ///< lines, or records of a document
  std::int64_t used = 0;             ///< labelled examples that the rows gave
  std::int64_t bad = 0;              ///< rows left out
  std::int64_t unlabelled = 0;       ///< examples left out
  std::int64_t empty_text = 0;       ///< rows used although a text is empty
  std::int64_t special_literal = 0;  ///< examples with "</s>" or the like in the text
  std::int64_t skipped = 0;          ///< rows that are none of this task, e.g. yes/no questions
  std::int64_t span_not_found = 0;   ///< WSC: rows used without a mark
  std::vector<std::string>
      messages;  ///< "FILE:LINE: field 'NAME': reason (got: ...)", 20 at most + the rest as a count
};

struct TaskData {
  std::vector<Example> train;
  std::vector<Example> validation;
  std::vector<Example> test;  ///< empty for SQuAD under "squad.test" = "authors"
  SplitCounts counts;         ///< in the unit of the official counts (ReCoRD: queries)
  std::vector<FileReport> reports;
  std::vector<std::string> warnings;  ///< e.g. a count that is not the official one

  const std::vector<Example>& split(Split which) const;
};

/// File beside data that `attempt demo` made up: their counts are nobody's, their scores comparable
/// with nothing.
inline constexpr const char* kSyntheticMark = "SYNTHETIC";
bool is_synthetic(const std::filesystem::path& root);

struct LoadOptions {
  std::filesystem::path root;  ///< data root; accepted layouts: docs/data.md
  /// Files by official split ("train", "validation", "validation_matched",
  /// "validation_mismatched", "test") that are read instead of those below the root. Where the
  /// official validation file serves as test split, both "validation" and "test" name it.
  std::map<std::string, std::filesystem::path> files;
  DataRules rules;
  bool add_prefix = true;
  /// Official training rows that are kept; nothing: the task's own cap. Only where caps_at_load().
  std::optional<std::int64_t> max_train_examples;
  std::int64_t max_bad_rows = 10;
  bool strict_counts = false;

  bool operator==(const LoadOptions&) const = default;
};

/// The files a task would read, in reading order; for fingerprints.
/// @throws DataError when they are not there, naming what was looked for.
std::vector<std::filesystem::path> find_task_files(const Task& task, const LoadOptions& options);

/// Reads, cleans and splits a task (tasks.md sections 2 to 8).
/// @throws DataError for missing files or columns, too many bad rows, unlabelled splits.
TaskData load_task(const Task& task, const LoadOptions& options);

/// Whether a cap acts while a task is loaded: before ReCoRD's expansion into one example an answer,
/// and in place of Yelp's own cap. Other tasks are loaded whole.
bool caps_at_load(const Task& task);
/// LoadOptions::max_train_examples for "no cap".
inline constexpr std::int64_t kNoCap = std::numeric_limits<std::int64_t>::max();

/// First `cap` training examples under tasks.md 4.3 (permuted first where the split rule leaves
/// the file order).
void cap_train_examples(const Task& task, std::int64_t cap, std::vector<Example>& train);

}  // namespace attempt::datasets
