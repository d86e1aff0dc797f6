#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "datasets/task_definition.h"
#include "runner/config/key_path.h"
#include "runner/config/search_section.h"
#include "runner/config/value.h"

namespace attempt::config {

/// Order of the layers; a later one wins. Within kOverride and kSet later lines win.
enum class Layer {
  kDefault,
  kCompat,
  kGeneral,  ///< [model], [data], [train]
  kSourcesTrain,
  kMethod,
  kVariant,
  kTask,
  kFewShot,  ///< [few_shot], of few-shot trials
  kOverride,
  kAxis,
  kSet,
};

/// Condition of an [[override]]; an empty list holds for all trials.
struct When {
  std::vector<std::string> methods;  ///< method ids and variant names
  std::vector<std::string> tasks;
  std::vector<std::string> phases;
  std::vector<std::int64_t> seeds;
};

/// One setting as one layer gives it.
struct Assignment {
  Layer layer = Layer::kGeneral;
  std::string layer_name;  ///< "[train]", "[[override]] 2", "--set"
  SettingPath path;
  Value value;
  When when;
};

/// Settings that take several values: [grid] gives one key, [zip] all of its keys together.
struct Axis {
  std::string layer_name;                  ///< "[grid]" or "[zip]"
  std::vector<SettingPath> paths;          ///< one, or several of a zip
  std::vector<std::vector<Value>> values;  ///< values[i][k]: i-th point, k-th path
};

struct Variant {
  std::string name;
  std::string base;
  std::string label;
  Position at;
};

/// A name in a list, with its place.
struct Named {
  std::string name;
  Position at;
};

/// Trials on few examples; [few_shot].
struct FewShot {
  std::vector<std::int64_t> k;
  std::vector<Named> tasks;
  std::string mode;  ///< "" : the task decides
  std::string selection = "last";
  std::vector<std::int64_t> seeds;  ///< of the draws; empty: 1, 2, ...
  Position at;                      ///< of the section
};

/// Tasks that methods train together; one of [targets] multitask.
struct TaskList {
  std::string name;
  std::vector<Named> tasks;  ///< in the order of task ids
  std::vector<Named> methods;
  Position at;
};

/// A sweep as it is written: checked one value at a time, paths absolute, nothing expanded.
struct SweepFile {
  std::filesystem::path file;
  std::string name;
  std::vector<std::int64_t> seeds = {42};
  bool keep_predictions = true;
  std::string save_parameters = "small";

  std::string model_path;
  std::string tokenizer;  ///< "" : of the model
  Position model_at;
  std::string data_root;
  std::string data_cache;  ///< "" : the user's cache folder
  std::int64_t max_bad_rows = 10;
  bool strict_counts = false;

  std::vector<Named> source_tasks;
  std::string pairing = "by_seed";
  std::vector<std::int64_t> source_seeds;
  bool auto_exclude = false;
  std::vector<std::pair<Named, std::string>> prompts;  ///< name -> absolute path

  std::vector<Named> target_tasks;
  std::vector<Named> methods;
  FewShot few_shot;
  std::vector<TaskList> task_lists;
  std::vector<Variant> variants;
  std::map<std::string, std::map<std::string, std::string>> task_files;
  std::vector<datasets::Task> own_tasks;
  /// Where the sweep defines its own tasks: name -> key ("source", "files.train") -> place; "" for
  /// the section.
  std::map<std::string, std::map<std::string, Position>> own_task_at;

  std::vector<Assignment> assignments;  ///< in the order of layers
  std::vector<Axis> axes;
  Search search;

  std::int64_t max_attempts = 3;
  std::int64_t max_failed_trials = -1;
  double heartbeat_seconds = 120;
  double no_progress_seconds = 1800;  ///< 0: off
  std::string store_path;             ///< absolute; "": none
  std::int64_t threads_per_trainer = 0;
  std::int64_t trainers_per_device = 1;
  std::int64_t bundle_width = 1;

  /// The sweep with absolute paths and --set as [set]; reads back as the same study.
  std::string effective_toml;

  /// A built-in task or one of the sweep's own; what a sweep names is known once it is read.
  const datasets::Task& task(const std::string& name) const;
};

/// What a definition that does not fit its files says, at its place in the sweep.
Problem definition_problem(const SweepFile& sweep, const datasets::DefinitionError& error);

/// Reads and checks a sweep.
/// @param set  "key=value" of --set, in order; paths in them are relative to the current folder
/// @throws ConfigError listing all problems.
SweepFile read_sweep(const std::filesystem::path& file, const std::vector<std::string>& set);

}  // namespace attempt::config
