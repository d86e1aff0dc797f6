#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/config/sweep_file.h"
#include "runner/sweep/tensor_start.h"

namespace attempt::sweep {

/// A trial before its settings are known.
struct Draft {
  std::string phase;  ///< "source" | "search" | "target"
  std::string method;
  std::string variant;  ///< "" for the method itself
  std::string label;
  std::string task;  ///< "" for several
  std::uint64_t seed = 0;
  config::Position at;  ///< where the sweep asks for it
  /// Tasks that are trained together, in order; empty for a trial on one task.
  std::vector<std::string> tasks = {};
  std::vector<TensorStart> starts = {};  ///< trials of phase 1 whose tensors it starts from
  std::int64_t few_shot_k = 0;           ///< 0: the whole training split
  std::uint64_t few_shot_draw = 0;       ///< seed of the draw
};

/// A target trial of a method, method:variant or [variant.X] that a sweep names.
Draft target_draft(const config::SweepFile& sweep, const config::Named& given);

/// The tasks of a trial, in order.
std::vector<std::string> task_names(const Draft& draft);

/// "mnli+rte", for people.
std::string tasks_text(const Draft& draft);

/// True where the method starts from source prompts or mixes them.
bool uses_sources(const Draft& draft);

/// One point of the axes that concern a trial.
using AxisPoint = std::vector<config::Assignment>;

/// True when an assignment concerns a trial: its reach and its `when`. What is said of tasks
/// concerns a trial on several when it names them all; what [task.X] says, none.
bool concerns(const config::Assignment& assignment, const Draft& draft);

}  // namespace attempt::sweep
