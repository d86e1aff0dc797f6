#include <algorithm>

#include "model/shapes/method_shapes.h"
#include "runner/config/names.h"
#include "runner/config/nearest_name.h"
#include "runner/config/sweep_reader.h"

namespace attempt::config {
namespace {

/// Names of an array, with the position of each.
std::vector<Named> names_of(const Value& value) {
  std::vector<Named> names;
  for (const Value& item : value.array()) {
    names.push_back({item.text(), item.at.line > 0 ? item.at : value.at});
  }
  return names;
}

bool holds(const std::vector<Named>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const Named& other) { return other.name == name; });
}

std::string multi_task_methods() {
  std::vector<std::string> ids;
  for (const std::string& method : model::method_ids()) {
    if (model::is_multi_task(method)) {
      ids.push_back(method);
    }
  }
  return join_names(ids);
}

}  // namespace

std::vector<Named> SweepReader::task_names(const std::string& path, const Value& value) {
  std::vector<Named> names;
  for (const Named& given : names_of(value)) {
    std::string problem;
    const auto task = task_name(given.name, known_.own_tasks, problem);
    if (!task) {
      problems_.add(given.at, path, problem);
    } else if (holds(names, *task)) {
      problems_.add(
          given.at, path,
          "'" + path + "' names '" + *task + "' twice (every name counts once). Remove one");
    } else {
      names.push_back({*task, given.at});
    }
  }
  return names;
}

std::vector<Named> SweepReader::method_names(const std::string& path, const Value& value,
                                             bool is_multi) {
  std::vector<Named> names;
  for (const Named& given : names_of(value)) {
    std::string base = given.name;
    if (const BuiltInVariant* variant = find_built_in_variant(given.name)) {
      base = variant->base;
    }
    for (const auto& [variant, of] : known_.variants) {
      if (variant == given.name) {
        base = of;
      }
    }
    if (const auto wrong = method_problem(base)) {
      problems_.add(given.at, path, *wrong);
    } else if (model::is_multi_task(base) && !is_multi) {
      problems_.add(given.at, path,
                    "'" + given.name + "' in 'targets.methods' has no list of tasks (it trains " +
                        "several together). Write multitask = [{ name = \"NAME\", tasks = " +
                        "[\"mnli\", \"qqp\"], methods = [\"" + given.name + "\"] }] in [targets]");
    } else if (!model::is_multi_task(base) && is_multi) {
      const std::string several = base + "_m";
      problems_.add(given.at, path,
                    "'" + given.name + "' in '" + path + "' trains one task (its trained tensors " +
                        "know no others). " +
                        (model::is_multi_task(several) ? "Write '" + several + "'"
                                                       : "Use one of " + multi_task_methods()));
    } else {
      names.push_back(given);
    }
  }
  return names;
}

void SweepReader::read_task_lists(Value& lists) {
  for (Value& list : std::get<Value::Array>(lists.data)) {
    const std::string path = "targets.multitask";
    if (list.at.line == 0) {
      list.at = lists.at;
    }
    if (!list.is_table()) {
      problems_.add(list.at, path,
                    "'targets.multitask' holds " + list.type_name() +
                        " (it is a list of tables). " +
                        "Write [{ name = \"glue\", tasks = [...], methods = [...] }]");
      continue;
    }
    TaskList read;
    read.at = list.at;
    read_task_list(list, read);
    const bool again = std::any_of(sweep_.task_lists.begin(), sweep_.task_lists.end(),
                                   [&](const TaskList& other) { return other.name == read.name; });
    if (again && !read.name.empty()) {
      problems_.add(list.at, path,
                    "two lists of 'targets.multitask' are named '" + read.name +
                        "' (tables could not tell them apart). Rename one");
    }
    sweep_.task_lists.push_back(std::move(read));
  }
}

void SweepReader::read_task_list(Value& list, TaskList& read) {
  const std::string path = "targets.multitask";
  static const std::vector<std::string> kKeys = {"name", "tasks", "methods"};
  for (auto& [key, value] : list.table()) {
    if (value.at.line == 0) {
      value.at = list.at;
    }
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      problems_.add(value.at, path + "." + key,
                    "unknown key '" + key +
                        "' in 'targets.multitask' (a list has name, tasks and "
                        "methods). " +
                        suggestion(key, kKeys));
    }
  }
  const Value* name = list.find("name");
  if (name == nullptr || !name->is_text() || name->text().empty()) {
    problems_.add(
        list.at, path + ".name",
        "a list of 'targets.multitask' has no name (tables show it). Add name = \"glue\"");
  } else {
    read.name = name->text();
  }
  for (const char* key : {"tasks", "methods"}) {
    const Value* value = list.find(key);
    const bool is_list = value != nullptr && value->is_array() && !value->array().empty() &&
                         std::all_of(value->array().begin(), value->array().end(),
                                     [](const Value& item) { return item.is_text(); });
    if (!is_list) {
      problems_.add(value == nullptr ? list.at : value->at, path + "." + key,
                    "the list '" + read.name + "' of 'targets.multitask' has no '" + key +
                        "' (a trial is a method on the tasks). Add " + key + " = [\"...\"]");
    } else if (key == kKeys[1]) {
      read.tasks = task_names(path + ".tasks", *value);
    } else {
      read.methods = method_names(path + ".methods", *value, /*is_multi_task=*/true);
    }
  }
}

}  // namespace attempt::config
