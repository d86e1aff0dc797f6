#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/config/key_path.h"
#include "runner/config/value.h"

namespace attempt::config {

/// One key of [search.space]: a range of numbers, or a choice among values.
struct SearchDimension {
  /// Holds where another dimension has one of these values.
  struct Condition {
    std::size_t dimension = 0;  ///< before this one
    std::vector<Value> values;
  };

  std::string name;  ///< as written: "method.attempt.learning_rate"
  SettingPath path;
  std::vector<Value> choices;  ///< empty: a range
  double low = 0;
  double high = 0;  ///< inclusive
  double step = 0;  ///< 0: none; of an integer at least 1
  bool is_log = false;
  bool is_integer = false;
  std::vector<Condition> when;  ///< all must hold, else the configuration does not set the key
  Position at;
};

/// [search]: configurations that are sampled, tried on the validation split, and the best of which
/// is trained anew.
struct Search {
  std::string sampler;  ///< "" : no search; "random", "sobol", "optuna:<class>", "command"
  std::vector<std::string> command;  ///< of an external sampler
  std::string python = "python3";    ///< of the shipped sampler
  std::int64_t trials = 20;          ///< configurations for each method and task
  std::vector<std::int64_t> seeds = {1, 2};
  std::int64_t seed = 0;     ///< of the sampler
  std::int64_t pending = 4;  ///< configurations of one search that an external sampler leaves open
  double sampler_seconds = 120;  ///< that it may take for an answer
  std::string pruner = "off";
  std::int64_t prune_after = 4;  ///< evaluations
  bool audit = false;            ///< nothing is stopped; what would have been is told
  std::vector<SearchDimension> space;
  Position at;

  bool is_on() const { return !sampler.empty(); }
  bool is_native() const { return sampler == "random" || sampler == "sobol"; }
};

}  // namespace attempt::config
