#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/data_rules.h"
#include "datasets/task_definition.h"
#include "model/shapes/method_options.h"
#include "runner/sweep/start_choice.h"
#include "runner/sweep/tensor_start.h"

namespace attempt::sweep {

struct ModelSpec {
  std::string folder;              ///< Hugging Face folder; absolute
  std::string precision = "fp32";  ///< "fp32" or "bf16"
  double dropout = 0.1;
  std::string fingerprint;  ///< SHA-256 over config.json, weights and spiece.model
  std::string note;         ///< "random backbone" where config.json marks the weights as such
};

/// A trial on few training examples.
struct FewShotSpec {
  std::int64_t k = 0;              ///< 0: the whole training split
  std::string mode = "balanced";   ///< | "overall" | "per_class"
  std::string selection = "last";  ///< | "k" | "full"
  std::uint64_t draw = 1;          ///< seed of the draw
};

struct TaskSpec {
  std::string name;  ///< short name
  std::int64_t max_source_length = 256;
  std::int64_t max_target_length = 3;
  std::int64_t max_new_tokens = 3;
  bool add_prefix = true;
  std::optional<std::int64_t> max_train_examples;  ///< resolved; empty: no cap
  FewShotSpec few_shot;
  /// Official split -> file that is read instead of those below the data root; absolute.
  std::map<std::string, std::string> files;
  /// Of a task of the sweep's own, shared by its trials; else null.
  std::shared_ptr<const datasets::TaskDefinition> definition;
  std::string fingerprint;  ///< of the data files, the split rule and the definition
  std::int64_t train_examples = 0;
  std::int64_t validation_examples = 0;
  std::int64_t test_examples = 0;
};

struct DataSpec {
  std::string root;   ///< absolute
  std::string cache;  ///< folder of token caches; absolute
  std::string compat = "corrected";
  datasets::DataRules rules;
  bool shuffle = true;
  std::int64_t max_bad_rows = 10;
  bool strict_counts = false;
  std::string tokenizer;  ///< spiece.model; absolute
  std::string tokenizer_fingerprint;
};

struct OptimizerSpec {
  std::string optimizer = "adamw";           ///< "adamw" | "adafactor"
  std::string adamw_form = "torch";          ///< "torch" | "hf46"
  std::string adafactor_form = "hf";         ///< "hf" | "t5x"
  std::string decay_scope = "no_norm_bias";  ///< | "all"
  double learning_rate = 0;
  double learning_rate_g = 0;  ///< rate of the group "G"; as learning_rate where a method has none
  double learning_rate_encoder = 0;  ///< of the group "encoder"; likewise
  double weight_decay = 0;
  std::string schedule = "linear";  ///< | "constant" | "constant_with_warmup"
  std::int64_t warmup_steps = 0;    ///< resolved number
  std::int64_t schedule_steps = 0;  ///< where a linear schedule ends; 0: with training
  double gradient_clip = 1.0;       ///< 0: off
};

/// How the tasks of a multi-task trial share its training; methods.md section 2.
struct MixingSpec {
  std::string mixing = "proportional";  ///< | "temperature"
  double temperature = 10;              ///< of "temperature"
  std::string batches = "mixed";        ///< | "single_task"
  std::string selection = "mean";       ///< best checkpoint by the mean over tasks | "first" task
};

struct TrainSpec {
  std::int64_t total_steps = 0;  ///< 0 for "frozen"
  std::int64_t batch_size = 32;
  std::int64_t micro_batch = 0;            ///< 0: whole batch at once
  std::int64_t evaluation_batch_size = 0;  ///< rows; 0: 64
  OptimizerSpec optimizer;
  std::int64_t evaluate_every_steps = 0;  ///< 0: ends of epochs, at least 100 steps apart
  std::int64_t patience = 0;              ///< evaluations without improvement; 0: off
  double checkpoint_every_seconds = 300;
  std::string scoring = "generate";  ///< how predictions are made
  double label_smoothing = 0;
  bool length_buckets = false;        ///< batches of rows of like length
  std::string loss_weight = "token";  ///< | "example": every row weighs the same
  MixingSpec mixing;
};

/// A prompt that a trial takes from elsewhere.
struct SourceRef {
  std::string name;      ///< source task, or a name the user gave
  std::string trial_id;  ///< "" for a ready-made prompt
  std::string path;      ///< ready-made prompt file; absolute; "" for a trial
  std::string sha256;    ///< of a ready-made prompt file
  /// "truncate" | "tile": brings a prompt of another length to that of the trial; "": it has it.
  std::string resize = {};
};

/// A source task whose first training rows calibrate the temperature.
struct CalibrationTask {
  DataSpec data;
  TaskSpec task;
};

/// One configuration and seed with everything that a trainer needs. Produced by the sweep, written
/// as JSON for `attempt trial SPEC.json` and for the trainers.
struct TrialSpec {
  int spec_version = 1;
  std::string trial_id;  ///< 32 hex digits
  std::string phase;     ///< "source" | "search" | "target"
  std::string method;    ///< registry id
  std::string variant;   ///< name of the [variant.X] or ""
  std::string label;     ///< row label in tables
  std::vector<TaskSpec> tasks;
  std::uint64_t seed = 0;
  ModelSpec model;
  DataSpec data;
  TrainSpec train;
  model::MethodOptions method_options;
  std::string init_file_sha256;  ///< of method_options.init_file; "" where it starts from none
  std::vector<SourceRef> sources;
  StartChoice start_choice;                  ///< of a spot trial
  std::vector<TensorStart> starts;           ///< at most one of each kind
  std::vector<CalibrationTask> calibration;  ///< empty unless the temperature is calibrated
  std::vector<std::string> depends_on;       ///< trial ids
  std::int64_t trainable_parameters = 0;
  bool keep_predictions = true;
  std::string save_parameters = "small";  ///< "small" | "all" | "none"
  bool comparable = false;
  bool synthetic = false;
  std::int64_t threads = 0;  ///< 0: what the agent says
  std::string config_toml;   ///< effective configuration
};

/// The facts of a task: built in, or as its definition says.
datasets::Task task_of(const TaskSpec& spec);

/// "mnli+rte", for people.
std::string task_text(const TrialSpec& spec);

void to_json(nlohmann::json& json, const ModelSpec& spec);
void from_json(const nlohmann::json& json, ModelSpec& spec);
void to_json(nlohmann::json& json, const FewShotSpec& spec);
void from_json(const nlohmann::json& json, FewShotSpec& spec);
void to_json(nlohmann::json& json, const TaskSpec& spec);
void from_json(const nlohmann::json& json, TaskSpec& spec);
void to_json(nlohmann::json& json, const DataSpec& spec);
void from_json(const nlohmann::json& json, DataSpec& spec);
void to_json(nlohmann::json& json, const OptimizerSpec& spec);
void from_json(const nlohmann::json& json, OptimizerSpec& spec);
void to_json(nlohmann::json& json, const MixingSpec& spec);
void from_json(const nlohmann::json& json, MixingSpec& spec);
void to_json(nlohmann::json& json, const TrainSpec& spec);
void from_json(const nlohmann::json& json, TrainSpec& spec);
void to_json(nlohmann::json& json, const CalibrationTask& task);
void from_json(const nlohmann::json& json, CalibrationTask& task);
void to_json(nlohmann::json& json, const TensorStart& start);
void from_json(const nlohmann::json& json, TensorStart& start);
void to_json(nlohmann::json& json, const SourceRef& ref);
void from_json(const nlohmann::json& json, SourceRef& ref);

/// Every field is written and must be there when read, but for the method's options.
void to_json(nlohmann::json& json, const TrialSpec& spec);
/// @throws nlohmann::json::exception for a missing or mistyped field, std::invalid_argument for an
/// unknown word or another spec_version.
void from_json(const nlohmann::json& json, TrialSpec& spec);

}  // namespace attempt::sweep
