#pragma once

#include <string>
#include <vector>

#include "datasets/record_reader.h"
#include "datasets/tasks/task_reader.h"

namespace attempt::datasets {

/// What a question of SQuAD or MRQA consists of; all three trimmed by whoever fills it.
struct Question {
  std::string id, question, context;
  std::vector<std::string> answers;
};

/// The example of a question: padded texts, the first answer as target, all distinct answers as
/// references (tasks.md section 8). Without answers it is unlabelled.
Example question_example(const Task& task, const DataRules& rules, const Question& question);

/// The texts of a field that is a list of texts, a list of objects with `text`, or an object with a
/// list `text`; trimmed.
std::vector<std::string> answer_texts(const Row& row, const char* field);

/// Questions of a SQuAD document as flat rows, each with its `context`; parts of another form
/// become rows that readers refuse.
std::vector<DocumentRow> squad_rows(const nlohmann::json& document);

}  // namespace attempt::datasets
