#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/task_data.h"
#include "datasets/tasks/task_reader.h"

namespace attempt::datasets {

struct TaskFile {
  std::string role;            ///< "train", "validation" or "test": what the split rule uses it for
  std::filesystem::path path;  ///< of a set in parts: the first part
  std::vector<std::filesystem::path> parts = {};  ///< in reading order, `path` alone or with others
  /// MRPC's original corpus: ids of the rows that are validation; the rest is train. Else empty.
  std::filesystem::path validation_ids = {};
};

/// Finds the files of a task: those named in options.files, else the first candidate that exists.
/// @throws DataError listing what was looked for, or for a named file that plays no part.
std::vector<TaskFile> locate_files(const TaskReader& reader, const Task& task,
                                   const LoadOptions& options);

}  // namespace attempt::datasets
