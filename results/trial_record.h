#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace attempt::results {

/// A float32 array with a name, row-major.
struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  std::vector<std::string> tasks =
      {};  ///< of the rows of the first dimension, where these are tasks
};

struct TrainHistory {  ///< one row an optimiser step
  std::vector<std::int64_t> step;
  std::vector<double> loss;
  std::vector<double> learning_rate;
  std::vector<double> gradient_norm;
  std::map<std::string, std::vector<double>> task_loss;  ///< multi-task only; NaN where absent
};

struct EvaluationHistory {  ///< one row an evaluation of the validation split
  std::vector<std::int64_t> step;
  /// task -> metric (also "loss", "unparsable") -> values
  std::map<std::string, std::map<std::string, std::vector<double>>> metrics;
  std::vector<double> parameter_norm;
  std::vector<double> attention_entropy;  ///< nats; empty where the method has no attention
  std::vector<double> selection;
};

struct TestResult {
  std::map<std::string, double> metrics;  ///< also "loss", "constant_score", "unparsable"
  std::vector<std::string> predictions;   ///< empty when keep_predictions = false
  std::vector<std::string> targets;
  std::vector<std::string> ids;
};

struct AttentionSummary {
  std::vector<std::string> names;   ///< prompts in order, target last
  std::vector<std::int64_t> shape;  ///< [K + 1], or [K + 1, P], [L, K + 1]
  std::vector<double> mean;         ///< over the test split
  std::vector<double> std;
  /// What the scores are divided by; NaN where there are none.
  double temperature = std::numeric_limits<double>::quiet_NaN();
};

struct Cost {
  double train_seconds = 0;
  double evaluation_seconds = 0;
  std::int64_t peak_memory_bytes = 0;
  double examples_per_second = 0;  ///< training
  std::int64_t tokens = 0;         ///< source and target tokens seen in training
  std::string device;
  std::int64_t attempts = 1;
  std::int64_t micro_batch = 0;
  std::int64_t bundle_width = 1;
};

/// Everything a trial file holds; interfaces.md section 4 names each field and unit.
struct TrialRecord {
  std::string trial_id;
  std::string phase;  ///< "source", "target", "search" or "pretrain"
  std::string method;
  std::string variant;  ///< "" if none
  std::vector<std::string> tasks;
  std::uint64_t seed = 0;
  std::string status;      ///< "succeeded"
  std::string config;      ///< effective TOML
  std::string provenance;  ///< JSON
  std::int64_t trainable_parameters = 0;
  std::vector<std::string> depends_on;
  std::int64_t selected_step = 0;
  bool comparable = false;
  bool synthetic = false;
  bool exact = true;
  std::string compat;   ///< JSON of the resolved keys
  std::string sources;  ///< JSON: names, ids, SHA-256
  std::string counts;   ///< JSON: rows used, bad, truncated, few-shot rows

  TrainHistory train;
  EvaluationHistory evaluations;
  std::map<std::string, TestResult> test;  ///< by task
  std::vector<NamedArray> parameters;
  std::map<std::string, AttentionSummary> attention;  ///< by task
  Cost cost;
};

}  // namespace attempt::results
