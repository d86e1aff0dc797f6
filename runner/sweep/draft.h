#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/config/sweep_file.h"

namespace attempt::sweep {

/// A trial before its settings are known.
struct Draft {
  std::string phase;  ///< "source" | "target"
  std::string method;
  std::string variant;  ///< "" for the method itself
  std::string label;
  std::string task;
  std::uint64_t seed = 0;
  config::Position at;              ///< where the sweep asks for it
  std::int64_t few_shot_k = 0;      ///< 0: the whole training split
  std::uint64_t few_shot_draw = 0;  ///< seed of the draw
};

/// One point of the axes that concern a trial.
using AxisPoint = std::vector<config::Assignment>;

/// True when an assignment concerns a trial: its reach and its `when`.
bool concerns(const config::Assignment& assignment, const Draft& draft);

}  // namespace attempt::sweep
