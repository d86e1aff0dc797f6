#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "datasets/data_error.h"
#include "datasets/task.h"

namespace attempt::datasets {

/// A class of a task of one's own: how the files write it, and the text that the model predicts.
struct LabelText {
  std::string in_file;
  std::string text;

  bool operator==(const LabelText&) const = default;
};

/// A task that a user defines ([task.NAME] define = true): how a row becomes an example, and how
/// predictions are scored. Paths are no part of it.
struct TaskDefinition {
  std::string source;                ///< template of the source text: "review: {text}"
  std::string target;                ///< template of the target text; of a class: "{field}"
  std::string references;            ///< field with a list of accepted texts; "": the target alone
  std::string id;                    ///< field of a row's id; "": "id" or "idx" where there is one
  std::vector<LabelText> labels;     ///< in class order; empty: free text
  std::vector<std::string> metrics;  ///< the first is reported
  std::vector<std::string> selection_metrics;  ///< some of `metrics`
  SplitRule split_rule = SplitRule::kOfficial;

  bool operator==(const TaskDefinition&) const = default;
};

void to_json(nlohmann::json& json, const TaskDefinition& definition);
void from_json(const nlohmann::json& json, TaskDefinition& definition);

/// A definition that does not fit the files that it is for.
class DefinitionError : public DataError {
 public:
  struct Facts {
    std::string task;
    std::string key;                 ///< of [task.NAME]: "source", "labels", "files.train", ...
    std::string problem;             ///< "<problem> (<why>)"
    std::string name;                ///< what the definition says and the files do not know; or ""
    std::vector<std::string> known;  ///< what `name` may have been meant to be
    std::string advice;              ///< what to do where nothing known is near
  };
  explicit DefinitionError(const Facts& what_is_wrong)
      : DataError("", what_is_wrong.problem + ". " + what_is_wrong.advice), facts(what_is_wrong) {}

  const Facts facts;
};

/// The facts of a task of one's own.
Task make_task(const std::string& name, const TaskDefinition& definition);

/// Metrics that fit a task with a closed set of `classes` labels (0: free text).
std::vector<std::string> metrics_for(std::size_t classes);

/// The split rule that the given files ("train", "validation", "test") allow.
/// @throws std::invalid_argument saying which file is missing.
SplitRule split_rule_of_files(const std::vector<std::string>& splits);

}  // namespace attempt::datasets
