#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attempt::datasets {

enum class SplitRule {
  kHalfValidation,
  kHalfValidationByQuestion,
  kTrainMinus1000,
  kOfficial,
  kMismatchedThenMatched,
  kTrainMinus1000WithoutTest,  ///< SQuAD as the authors' code has it
  kTrainMinusTenth             ///< a task of one's own with train and test files: see split_rules.h
};
enum class Split { kTrain, kValidation, kTest };

struct SplitCounts {
  std::int64_t train = 0;
  std::int64_t validation = 0;
  std::int64_t test = 0;
};

struct TaskDefinition;

/// Facts of one task; tasks.md sections 5 to 8 and task_table.json.
struct Task {
  std::string name;                      ///< short name of interfaces.md: "rte"
  std::string long_id;                   ///< "glue/rte"
  std::vector<std::string> aliases;      ///< further names accepted as input
  std::string family;                    ///< "glue", "superglue", "squad", "mrqa", "other", "own"
  std::vector<std::string> label_texts;  ///< closed label set in class order; empty for QA
  std::vector<std::string> metrics;      ///< metric names of interfaces.md, in report order
  std::string reported_metric;           ///< the one that tables print
  std::vector<std::string> selection_metrics;  ///< their mean selects the best checkpoint
  SplitRule split_rule = SplitRule::kHalfValidation;
  std::int64_t max_source_length = 256;                    ///< tokens, end token included
  std::int64_t max_target_length = 3;                      ///< tokens, end token included
  std::optional<std::int64_t> default_max_train_examples;  ///< Yelp: 100,000
  std::int64_t uncapped_train = 0;                         ///< Yelp: 559,000
  std::string source_prefix;  ///< "rte"; dropped when add_prefix = false
  std::string
      second_field;      ///< what names the second field of the source text, "sentence2:"; or ""
  SplitCounts expected;  ///< used counts with corrected rules

  std::shared_ptr<const TaskDefinition> definition;  ///< of a task of one's own; else null

  /// Free text is answered and scored, not a class.
  bool is_question_answering() const { return label_texts.empty(); }
};

/// All tasks that exist, in the order of tasks.md section 5.
const std::vector<Task>& all_tasks();

/// Finds a task by short name, long id or alias.
/// @throws std::invalid_argument naming the closest known task.
const Task& find_task(std::string_view name);

std::string split_name(Split split);

}  // namespace attempt::datasets
