#include <algorithm>
#include <stdexcept>

#include "datasets/text_template.h"
#include "runner/config/names.h"
#include "runner/config/nearest_name.h"
#include "runner/config/sweep_reader.h"

namespace attempt::config {
namespace {

/// Names of columns, files and objects in trial files are made of it.
bool is_plain_name(const std::string& name) {
  constexpr const char* kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !name.empty() && name != "all" && name.find_first_not_of(kAllowed) == std::string::npos;
}

std::vector<std::string> texts_of(const Value& array) {
  std::vector<std::string> texts;
  for (const Value& item : array.array()) texts.push_back(item.text());
  return texts;
}

std::string text_of(const Value& section, const char* key) {
  const Value* value = section.find(key);
  return value != nullptr && value->is_text() ? value->text() : "";
}

Position place_of(const Value& section, const char* key) {
  const Value* value = section.find(key);
  return value != nullptr && value->at.line > 0 ? value->at : section.at;
}

}  // namespace

const datasets::Task& SweepFile::task(const std::string& name) const {
  for (const datasets::Task& own : own_tasks) {
    if (own.name == name) return own;
  }
  return datasets::find_task(name);
}

Problem definition_problem(const SweepFile& sweep, const datasets::DefinitionError& error) {
  const datasets::DefinitionError::Facts& facts = error.facts;
  const std::string nearest = nearest_name(facts.name, facts.known);
  const bool is_near = !facts.name.empty() && !nearest.empty();
  const auto task = sweep.own_task_at.find(facts.task);
  Position at{sweep.file.string(), 0, 0};
  if (task != sweep.own_task_at.end()) {
    const auto key = task->second.find(facts.key);
    at = (key == task->second.end() ? task->second.find("") : key)->second;
  }
  return {at, "task." + facts.task + "." + facts.key,
          facts.problem + ". " + (is_near ? "Did you mean '" + nearest + "'?" : facts.advice)};
}

void SweepReader::name_own_tasks() {
  Value* tasks = document_.find("task");
  if (tasks == nullptr || !tasks->is_table()) return;
  for (auto& [name, section] : tasks->table()) {
    Value* define = section.find("define");
    if (define == nullptr ||
        !check(*find_key("task", "define"), "task." + name + ".define", *define) ||
        !define->boolean()) {
      continue;
    }
    std::string ignored;
    const auto built_in = task_name(name, {}, ignored);
    if (built_in) {
      problems_.add(
          define->at, "task." + name + ".define",
          "'" + name + "' cannot be defined (it is " +
              (*built_in == name ? "a built-in task" : "a name of the built-in task " + *built_in) +
              "). Choose another name, or remove 'define' to change its settings");
    } else if (!is_plain_name(name)) {
      problems_.add(section.at, "task." + name,
                    "'" + name + "' is no name for a task (files and tables carry it: letters, " +
                        "digits, '_' and '-' alone, and not 'all'). Rename it");
      known_.own_tasks.push_back(name);  // its other faults are named too
    } else {
      known_.own_tasks.push_back(name);
    }
  }
}

void SweepReader::read_own_task(const std::string& name, Value& section) {
  auto& places = sweep_.own_task_at[name];
  places[""] = section.at;
  bool is_readable = true;
  std::vector<std::string> splits;
  for (auto& [key_name, value] : section.table()) {
    const Key* key = find_key("task", key_name);
    if (key == nullptr || !is_definition_key(*key)) continue;
    const std::string path = "task." + name + "." + key_name;
    places[key_name] = value.at;
    // Files are checked where they are read.
    if (key_name != "files") is_readable = check(*key, path, value) && is_readable;
    if (key_name != "files" || !value.is_table()) continue;
    for (const auto& [split, file] : value.table()) {
      places["files." + split] = file.at.line > 0 ? file.at : value.at;
      splits.push_back(split);
    }
  }
  if (!is_readable) return;
  datasets::TaskDefinition definition;
  definition.references = text_of(section, "references");
  definition.id = text_of(section, "id");
  if (const Value* labels = section.find("labels"))
    read_labels("task." + name + ".labels", *labels, definition);
  read_templates(name, section, definition);
  read_metrics(name, section, definition);
  try {
    definition.split_rule = datasets::split_rule_of_files(splits);
  } catch (const std::invalid_argument& error) {
    problems_.add(place_of(section, "files"), "task." + name + ".files",
                  "[task." + name + "] " + error.what() +
                      " (a task needs rows to train on, and others to score). Write files = { " +
                      "train = \"FILE\", validation = \"FILE\", test = \"FILE\" }; either of the " +
                      "last two may be left out");
  }
  sweep_.own_tasks.push_back(datasets::make_task(name, definition));
}

void SweepReader::read_labels(const std::string& path, const Value& labels,
                              datasets::TaskDefinition& definition) {
  if (labels.is_table()) {
    for (const auto& [in_file, text] : labels.table())
      definition.labels.push_back({in_file, text.text()});
  } else {
    for (const std::string& text : texts_of(labels)) definition.labels.push_back({text, text});
  }
  std::vector<std::string> texts;
  for (const datasets::LabelText& label : definition.labels) {
    if (label.text.empty() || label.in_file.empty()) {
      problems_.add(labels.at, path,
                    "'" + path + "' holds an empty label (nothing could be predicted). Remove it");
      return;
    }
    if (std::find(texts.begin(), texts.end(), label.text) == texts.end())
      texts.push_back(label.text);
  }
  if (texts.size() < 2) {
    problems_.add(labels.at, path,
                  "'" + path +
                      "' has fewer than two labels (there is nothing to tell apart). Name " +
                      "all classes, or leave the key out for free text");
  }
}

void SweepReader::read_templates(const std::string& task, const Value& section,
                                 datasets::TaskDefinition& definition) {
  const auto complain = [&](const char* key, const std::string& problem) {
    problems_.add(place_of(section, key), "task." + task + "." + key, problem);
  };
  const auto parse = [&](const char* key) {
    const std::string text = text_of(section, key);
    try {
      return datasets::TextTemplate(text);
    } catch (const std::invalid_argument& error) {
      complain(key, "'task." + task + "." + key + "' = \"" + text + "\": " + error.what() +
                        ". Correct it");
      if (std::string_view(key) == "source") definition.source.clear();
    }
    return datasets::TextTemplate("{invalid}");
  };
  definition.source = text_of(section, "source");
  definition.target = text_of(section, "target");
  if (parse("source").fields().empty()) {
    complain("source", "[task." + task + "] has no field in its 'source' (every row would read " +
                           "the same). Write source = \"text: {text}\" with names of fields");
  }
  const datasets::TextTemplate target = parse("target");
  if (definition.labels.empty()) {
    if (target.fields().empty() && definition.references.empty()) {
      complain("target", "[task." + task + "] has no field in its 'target' (there is nothing to " +
                             "learn). Write target = \"{label}\" with the name of a field");
    }
    return;
  }
  if (target.only_field().empty()) {
    complain("target", "[task." + task + "] has labels and target = \"" + definition.target +
                           "\" (a label is the value of one field). Write target = \"{label}\" " +
                           "with the name of that field");
  }
  if (!definition.references.empty()) {
    complain("references", "[task." + task + "] has labels and references (a class has one right " +
                               "text). Remove one of the two");
  }
}

void SweepReader::read_metrics(const std::string& task, const Value& section,
                               datasets::TaskDefinition& definition) {
  std::vector<std::string> classes;
  for (const datasets::LabelText& label : definition.labels) {
    if (std::find(classes.begin(), classes.end(), label.text) == classes.end())
      classes.push_back(label.text);
  }
  const std::vector<std::string> known = datasets::metrics_for(classes.size());
  const auto read = [&](const char* key, const std::vector<std::string>& fallback,
                        const std::vector<std::string>& allowed, const std::string& why) {
    const Value* given = section.find(key);
    if (given == nullptr) return fallback;
    std::vector<std::string> names = texts_of(*given);
    const std::string path = "task." + task + "." + key;
    if (names.empty()) {
      problems_.add(given->at, path,
                    "'" + path + "' is empty (nothing would be scored). Name at least one of " +
                        join_names(allowed));
      return fallback;
    }
    for (const std::string& name : names) {
      if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
      problems_.add(given->at, path,
                    "'" + path + "' names '" + name + "' (" + why + " " + join_names(allowed) +
                        "). " + suggestion(name, allowed));
    }
    return names;
  };
  const std::string kind = classes.empty()       ? "free text is scored by"
                           : classes.size() == 2 ? "two labels are scored by"
                                                 : "more than two labels are scored by";
  definition.metrics = read("metrics",
                            classes.empty() ? std::vector<std::string>{"exact_match", "f1"}
                                            : std::vector<std::string>{"accuracy"},
                            known, kind);
  definition.selection_metrics =
      read("selection_metrics", definition.metrics, definition.metrics, "it selects by some of");
}

}  // namespace attempt::config
