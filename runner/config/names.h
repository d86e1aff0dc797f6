#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/config/value.h"

namespace attempt::config {

/// A ready set of option values of a method, named method:variant as in the published tables.
struct BuiltInVariant {
  std::string id;  ///< "attempt:constant"
  std::string base;
  std::string label;
  std::vector<std::pair<std::string, Value>> options;  ///< option or [train] key -> value
};

const std::vector<BuiltInVariant>& built_in_variants();
const BuiltInVariant* find_built_in_variant(const std::string& id);

/// Row label of a method in tables: "ATTEMPT".
std::string method_label(const std::string& method);

/// Methods that a sweep may name and this version runs; nullopt when `method` is one of them, else
/// why not and what to do.
std::optional<std::string> method_problem(const std::string& method);

/// The short name of a task from a short name, long id, alias or the name of one of the sweep's own
/// tasks; nullopt when unknown, with the sentence that says so in `problem`.
std::optional<std::string> task_name(const std::string& name,
                                     const std::vector<std::string>& own_tasks,
                                     std::string& problem);

}  // namespace attempt::config
