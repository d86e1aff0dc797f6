#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attempt::results {

/// A key of a search's space.
struct SearchKey {
  std::string name;                  ///< "method.attempt.learning_rate"
  std::vector<std::string> choices;  ///< as TOML; empty: a number
  double low = 0;
  double high = 0;
  bool is_log = false;
  bool is_integer = false;
};

enum class SearchedStatus { kOpen, kComplete, kFailed };

/// One configuration that a search tried, with its validation scores.
struct SearchedConfiguration {
  /// One a key: a number, or the place among the choices; nothing where it was not set.
  std::vector<std::optional<double>> values;
  std::vector<std::string> trial_ids;
  std::vector<double> scores;  ///< of the seeds that have finished, percent
  SearchedStatus status = SearchedStatus::kOpen;
  double mean = 0;  ///< over seeds, when complete
};

/// What Optuna says of the importance of the keys of one search.
struct OptunaImportance {
  std::string method;  ///< "fANOVA of Optuna 4.6.0"
  /// One a key, shares of 1; nothing for those that Optuna leaves out.
  std::vector<std::optional<double>> shares;
};

/// The search of one method on one task, as far as it has come. Nothing in it is of the test split.
struct SearchResult {
  std::string name;     ///< "attempt/rte"
  std::string label;    ///< "ATTEMPT on rte"
  std::string sampler;  ///< "sobol"
  std::string pruner;   ///< "off", "median", ...
  std::vector<SearchKey> keys;
  std::vector<SearchedConfiguration> configurations;  ///< by number
  std::int64_t wanted = 0;                            ///< configurations in all
  std::int64_t chosen = -1;                           ///< number; -1: not known yet
  /// Best validation scores of the chosen configuration on the study's own seeds.
  std::vector<double> fresh_scores;
  std::optional<OptunaImportance> optuna;
};

}  // namespace attempt::results
