#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// Where an effective value came from, for `plan` and `show`: key -> (value as TOML, layer).
struct ValueOrigin {
  std::string key;
  std::string value;
  std::string layer;  ///< e.g. "method default", "[train]", "[[override]] 2", "--set"
};

struct PlannedTrial {
  TrialSpec spec;  ///< without config_toml, which is the text of `values`: spec_of() adds it
  std::int64_t prompt_rows = 0;
  std::string selection_metric;
  std::string kind;  ///< trial_kind.h
  double estimated_seconds = 0;
  double assumed_seconds = 0;  ///< by its operations alone, at kAssumedFlops
  double spread = 0;           ///< standard deviation of the natural logarithm of what it will take
  std::int64_t memory_bytes = 0;
  bool is_measured = false;  ///< the estimate is of this kind of trial; else of its operations
  std::shared_ptr<const std::vector<ValueOrigin>> values;  ///< shared by trials of other seeds
  std::vector<std::string> prepare_ids;                    ///< of the data sets that it reads
};

/// What a trainer is given: the trial's spec with the text of its settings.
TrialSpec spec_of(const PlannedTrial& planned);

/// Tokenises one task once; not a trial and in no count.
struct PrepareNode {
  std::string id;  ///< "prepare:<task>:<hash>"
  DataSpec data;
  TaskSpec task;
};

/// As for a TrialSpec: what a trainer that is assigned the node reads.
void to_json(nlohmann::json& json, const PrepareNode& node);
void from_json(const nlohmann::json& json, PrepareNode& node);

/// A configuration of a search: its values, and its trials, one a seed of the search.
struct PlannedConfiguration {
  std::vector<std::pair<std::string, std::string>> values;  ///< key -> value as TOML
  std::vector<std::string> trial_ids;
};

/// The search of one method on one task.
struct PlannedSearch {
  std::string name;  ///< "attempt/rte"
  std::string label;
  std::string method;
  std::string variant;
  std::string task;
  std::vector<PlannedConfiguration> configurations;  ///< known so far, by number
  std::int64_t wanted = 0;                           ///< configurations in all
  std::int64_t chosen = -1;                          ///< number; -1: not known yet
  std::int64_t later_trials = 0;                     ///< that follow from what is not known yet
  double later_seconds = 0;                          ///< of them, as the known ones
  std::string pruner = "off";
  std::int64_t prune_after = 0;
  bool is_audited = false;
};

/// The trial graph of a sweep, audited: files are there, counts are known, combinations are
/// allowed.
struct Plan {
  std::string name;
  std::vector<PrepareNode> prepare;
  std::vector<PlannedTrial> trials;  ///< sources first, then targets, in sweep order
  std::vector<PlannedSearch> searches;
  std::vector<std::string> warnings;
  std::string effective_toml;
  // Run-time settings of the study that no trial id depends on.
  std::int64_t max_attempts = 3;
  std::int64_t max_failed_trials = -1;  ///< -1: off
  double heartbeat_seconds = 120;
  double no_progress_seconds = 1800;  ///< 0: off
  std::int64_t trainers_per_device = 1;
  std::int64_t threads_per_trainer = 0;  ///< 0: auto
  std::int64_t bundle_width = 1;
  std::string store_path;
};

/// Adds the data sets that the trials read, each once, and who needs which.
void add_prepare_nodes(Plan& plan);

struct PlanInputs {
  std::filesystem::path sweep_file;
  std::vector<std::string> set;       ///< "key=value" of --set, in order
  bool allow_missing_weights = true;  ///< counts from config.json alone; ids are then provisional
  std::filesystem::path speeds = {};  ///< of estimates; empty: those in the user's cache folder
};

/// Reads, checks and expands a sweep. @throws config::ConfigError (all problems found, not just the
/// first), datasets::DataError, model::ModelError.
Plan make_plan(const PlanInputs& inputs);

}  // namespace attempt::sweep
