#pragma once

#include <filesystem>
#include <string>

#include "datasets/task_definition.h"
#include "datasets/tasks/task_reader.h"

namespace attempt::datasets {

/// The reader of a task with a definition: tables with a header (TSV where its line holds a tab,
/// else CSV), JSON lines, JSON lists, and documents {"data": [...]}.
TaskReader own_task_reader(const Task& task);

/// Looks at the first rows of a file. @throws DefinitionError when the definition names a field
/// that none of them has; DataError when the file cannot be read.
void check_fields(const Task& task, const TaskReader& reader, const std::filesystem::path& file,
                  std::int64_t max_bad_rows);

/// A label that the files have and the definition has not.
DefinitionError unknown_label_error(const Task& task, const std::string& file, std::int64_t line,
                                    const BadRow& row);

}  // namespace attempt::datasets
