#include "datasets/task_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>

#include "datasets/data_error.h"

namespace attempt::datasets {

namespace fs = std::filesystem;

namespace {

/// The first file in `folder` whose name matches, in alphabetical order; empty when there is none.
fs::path match_in_folder(const fs::path& folder, const std::string& pattern) {
  if (pattern.find('*') == std::string::npos) {
    for (const std::string& name : {pattern, pattern + ".gz"}) {
      if (fs::is_regular_file(folder / name)) return folder / name;
    }
    return {};
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
      return {"train", "test"};
    case SplitRule::kOfficial:
    case SplitRule::kMismatchedThenMatched:
      return {"train", "validation", "test"};
  }
  return {};
}

/// The file a user named for a role, by the role or by the official split that plays it; empty when
/// none.
fs::path given_file(const LoadOptions& options, const Task& task, const std::string& role) {
  std::vector<std::string> names = {role};
  if (task.split_rule == SplitRule::kTrainMinus1000 && role == "test")
    names.emplace_back("validation");
  if (task.split_rule == SplitRule::kMismatchedThenMatched && role != "train") {
    names = {role == "test" ? "validation_matched" : "validation_mismatched", role};
  }
  for (const std::string& name : names) {
    const auto found = options.files.find(name);
    if (found != options.files.end()) return found->second;
  }
  return {};
}

}  // namespace

std::vector<TaskFile> locate_files(const TaskReader& reader, const Task& task,
                                   const LoadOptions& options) {
  std::vector<TaskFile> files;
  for (const std::string& role : roles_of(task.split_rule)) {
    if (const fs::path given = given_file(options, task, role); !given.empty()) {
      if (!fs::is_regular_file(given)) {
        throw DataError(given.string(),
                        fmt::format("is not there (the {} file of task '{}')", role, task.name));
      }
      files.push_back({role, given});
      continue;
    }
    const fs::path found = find_candidate(reader, options.root, names_of(reader, role));
    if (found.empty()) {
      throw DataError(
          options.root.string(),
          fmt::format(
              "holds no {} file of task '{}' (looked for {} in {}). docs/data.md says where to "
              "get it and how to lay it out; or name it: [task.{}] files",
              role, task.name, fmt::join(names_of(reader, role), ", "),
              fmt::join(reader.folders, ", "), task.name));
    }
    files.push_back({role, found});
  }
  return files;
}

}  // namespace attempt::datasets
