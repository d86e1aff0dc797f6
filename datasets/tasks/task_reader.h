#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets/record_reader.h"
#include "datasets/task_data.h"
#include "datasets/tasks/row.h"

namespace attempt::datasets {

/// Turns one row into examples. A row without label gives an example with an empty `references`.
using ReadRow =
    std::function<std::vector<Example>(const Row& row, const Task& task, const DataRules& rules)>;

/// Where the files of one task lie and how its rows read: a task's entry in datasets/tasks/.
struct TaskReader {
  std::string task;
  std::vector<std::string> folders;  ///< below the data root, tried in order
  /// File names by role, tried in order; `*` matches anything. Roles are what the split rule needs:
  /// train and validation (half_validation), train and test (train_minus_1000), or all three.
  std::vector<std::string> train, validation, test;
  RecordFormat format;
  ReadRow read_row = {};
  /// One training example for each reference (ReCoRD), made after splits and caps.
  bool trains_on_each_reference = false;
  /// A file that holds train and validation rows, and the file beside it that lists the ids of the
  /// validation rows (MRPC's original corpus).
  std::string whole_corpus = {}, validation_ids = {};
};

/// Every reader that exists; one function a family.
const std::vector<TaskReader>& all_readers();
/// nullptr when there is no such task.
const TaskReader* find_reader(const std::string& task);

std::vector<TaskReader> glue_readers();
std::vector<TaskReader> superglue_readers();
std::vector<TaskReader> record_readers();
std::vector<TaskReader> squad_readers();
std::vector<TaskReader> mrqa_readers();
std::vector<TaskReader> sentence_readers();  ///< WinoGrande, SciTail, PAWS
std::vector<TaskReader> yelp_readers();

/// Prefix, then "name: text" pairs, joined by single spaces; tasks.md 2.1.
std::string source_text(const std::string& prefix, const std::vector<std::string>& fields);

/// An example whose target is a class: the label text, or nothing where the row is unlabelled.
Example labelled_example(const Task& task, std::string id, std::string source,
                         std::optional<std::size_t> label);

}  // namespace attempt::datasets
