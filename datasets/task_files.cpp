#include "datasets/task_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>

#include "datasets/data_error.h"
#include "datasets/shards.h"
#include "datasets/split_rules.h"
#include "datasets/task_definition.h"

namespace attempt::datasets {

namespace fs = std::filesystem;

namespace {

/// The first file in `folder` whose name matches, in alphabetical order; empty when there is none.
fs::path match_in_folder(const fs::path& folder, const std::string& pattern) {
  if (pattern.find('*') == std::string::npos) {
    for (const std::string& name : {pattern, pattern + ".gz"}) {
      if (fs::is_regular_file(folder / name)) return folder / name;
    }
    return first_part(folder, pattern);
  }
  std::vector<fs::path> matches;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (fnmatch(pattern.c_str(), entry.path().filename().c_str(), 0) == 0)
      matches.push_back(entry.path());
  }
  return matches.empty() ? fs::path() : *std::min_element(matches.begin(), matches.end());
}

fs::path find_candidate(const TaskReader& reader, const fs::path& root,
                        const std::vector<std::string>& names) {
  for (const std::string& folder : reader.folders) {
    for (const std::string& name : names) {
      const fs::path found = match_in_folder(root / folder, name);
      if (!found.empty()) return found.lexically_normal();
    }
  }
  return {};
}

const std::vector<std::string>& names_of(const TaskReader& reader, const std::string& role) {
  if (role == "train") return reader.train;
  return role == "validation" ? reader.validation : reader.test;
}

std::vector<std::string> roles_of(SplitRule rule) {
  switch (rule) {
    case SplitRule::kHalfValidation:
    case SplitRule::kHalfValidationByQuestion:
      return {"train", "validation"};
    case SplitRule::kTrainMinus1000:
    case SplitRule::kTrainMinusTenth:
      return {"train", "test"};
    case SplitRule::kTrainMinus1000WithoutTest:
      return {"train"};
    case SplitRule::kOfficial:
    case SplitRule::kMismatchedThenMatched:
      return {"train", "validation", "test"};
  }
  return {};
}

/// Names by which a user may give the file of a role: the role or the official split that plays it.
std::vector<std::string> given_names(SplitRule rule, const std::string& role) {
  if (rule == SplitRule::kTrainMinus1000 && role == "test") return {role, "validation"};
  if (rule == SplitRule::kMismatchedThenMatched && role != "train")
    return {role == "test" ? "validation_matched" : "validation_mismatched", role};
  return {role};
}

fs::path given_file(const LoadOptions& options, SplitRule rule, const std::string& role) {
  for (const std::string& name : given_names(rule, role)) {
    const auto found = options.files.find(name);
    if (found != options.files.end()) return found->second;
  }
  return {};
}

/// A file that would be ignored is refused, above all a test file of a task that has no labelled
/// one.
void refuse_idle_files(const LoadOptions& options, const Task& task, SplitRule rule) {
  std::vector<std::string> useful;
  for (const std::string& role : roles_of(rule)) {
    for (std::string& name : given_names(rule, role)) useful.push_back(std::move(name));
  }
  if (rule == SplitRule::kTrainMinus1000WithoutTest)
    useful.insert(useful.end(), {"validation", "test"});
  for (const auto& [name, path] : options.files) {
    if (std::find(useful.begin(), useful.end(), name) != useful.end()) continue;
    const bool is_test = name == "test";
    throw DataError(
        path.string(),
        fmt::format("has no use as the {} file of task '{}' ({}). Remove it, or name {}", name,
                    task.name,
                    is_test ? "its official test file has no labels; the test split is half of the "
                              "validation file"
                            : "its splits are made of other files",
                    fmt::join(useful, ", ")));
  }
}

}  // namespace

std::vector<TaskFile> locate_files(const TaskReader& reader, const Task& task,
                                   const LoadOptions& options) {
  const SplitRule rule = split_rule(task, options.rules);
  refuse_idle_files(options, task, rule);
  std::vector<TaskFile> files;
  for (const std::string& role : roles_of(rule)) {
    fs::path path = given_file(options, rule, role);
    if (!path.empty() && !fs::is_regular_file(path)) {
      if (task.definition) {
        throw DefinitionError({task.name,
                               "files." + role,
                               fmt::format("{} is not there (the {} file of task '{}')",
                                           path.string(), role, task.name),
                               "",
                               {},
                               "Correct the path; it is relative to the sweep's folder"});
      }
      throw DataError(path.string(),
                      fmt::format("is not there (the {} file of task '{}')", role, task.name));
    }
    if (path.empty()) path = find_candidate(reader, options.root, names_of(reader, role));
    if (path.empty()) {
      throw DataError(
          options.root.string(),
          fmt::format(
              "holds no {} file of task '{}' (looked for {} in {}). docs/data.md says where to "
              "get it and how to lay it out; or name it: [task.{}] files",
              role, task.name, fmt::join(names_of(reader, role), ", "),
              fmt::join(reader.folders, ", "), task.name));
    }
    files.push_back({role, path, parts_of_file(path)});
    if (!reader.whole_corpus.empty() && path.filename() == reader.whole_corpus) {
      files.back().validation_ids = path.parent_path() / reader.validation_ids;
      if (!fs::is_regular_file(files.back().validation_ids)) {
        throw DataError(path.string(),
                        fmt::format("has no {} beside it (it says which rows are validation). Put "
                                    "it there",
                                    reader.validation_ids));
      }
    }
  }
  return files;
}

}  // namespace attempt::datasets
