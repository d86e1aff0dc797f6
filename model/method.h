#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "model/batch.h"
#include "model/shapes/method_options.h"

namespace attempt::model {

struct T5;      // model/t5.h: the backbone
class Dropout;  // model/dropout.h: dropout rate and its random stream; rate 0 when evaluating

/// The parameter groups that learning rates are given for.
enum class ParameterGroup { kMain, kG, kEncoder };

struct TrainedParameter {
  std::string name;  ///< name in the trial file, methods.md section 10
  at::Tensor value;  ///< leaf, float32, requires_grad
  ParameterGroup group = ParameterGroup::kMain;
  bool is_norm_or_bias = false;  ///< left out of weight decay under decay scope "no_norm_bias"
  /// Rows of dimension 0 without any gradient are left as they are, and so are their moments.
  bool is_updated_by_row = false;
};

struct NamedTensor {
  std::string name;
  at::Tensor value;
};

/// Prompts a method takes from other trials or files, by source name; [P, D] float32 each.
struct SourcePrompt {
  std::string name;
  at::Tensor value;
};

/// Attention over source prompts of one batch; empty tensor where a method has none.
struct SourceAttention {
  std::vector<std::string> names;  ///< order of the last dimension; the target is called "target"
  at::Tensor weights;              ///< [B, K + 1] (or [B, K]) float32
  /// What scores were divided by; NaN where there are no scores.
  double temperature = std::numeric_limits<double>::quiet_NaN();
};

/// A tuning method on a frozen (or trained) backbone: its trained tensors and how they enter T5.
/// Not thread-safe; one trial owns one method.
class Method {
 public:
  virtual ~Method() = default;

  /// Trained tensors in the order of trained_shapes(); the optimiser updates them in place.
  virtual const std::vector<TrainedParameter>& parameters() const = 0;

  /// Teacher-forced loss of one batch.
  virtual LossSum loss(const Batch& batch, Dropout& dropout) = 0;

  /// Whether loss() runs without a look at values on the host, so that it can become a CUDA graph.
  virtual bool can_be_captured() const { return true; }

  /// Loss and greedy generation from one encoding, without dropout or gradient.
  virtual Prediction predict(const Batch& batch, std::int64_t max_new_tokens) = 0;

  /// Attention over the sources for this batch (no gradient).
  virtual SourceAttention attention(const Batch& batch) = 0;

  /// Makes ATTEMPT's LayerNorm what it is after a reload in the authors' code: gain 1, bias 0.
  virtual void freshen_layer_norm() {}

  /// What a trial file keeps: parameters(), with encoders folded away.
  virtual std::vector<NamedTensor> saved_tensors() const = 0;
};

struct MethodInputs {
  MethodOptions options;
  const T5* backbone = nullptr;        ///< frozen; outlives the method (fine_tuning trains a copy)
  std::vector<SourcePrompt> sources;   ///< all that mixed_sources and start_source name
  std::uint64_t init_seed = 0;         ///< stream of the initialisation
  std::vector<std::int64_t> init_ids;  ///< PromptInit::kText: ids of the text, no end token
  /// PromptInit::kClassLabels and PredictionHead::kLinear: ids of each label text, no end token
  std::vector<std::vector<std::int64_t>> label_ids;
  at::Tensor init_prompt;              ///< PromptInit::kFile: [P, D]
  std::vector<NamedTensor> g_tensors;  ///< what ATTEMPT's G starts from; empty: it is drawn
  /// PromptPlacement::kBetween: by task, ids of the name in front of the second field,
  /// "sentence2:"; empty for a task with one field.
  std::vector<std::vector<std::int64_t>> second_field_ids;
  /// TemperatureRule::kCalibrated: the first training rows of every source task.
  std::vector<Batch> calibration;
};

/// Builds a method with freshly initialised parameters. The explicit list of all methods.
/// @throws ModelError for a source prompt of another shape or with NaN, naming it.
std::unique_ptr<Method> make_method(const MethodInputs& inputs);

/// Overwrites the trained parameters, e.g. from a checkpoint or a finished trial.
/// @throws ModelError when names or shapes differ.
void restore_parameters(Method& method, const std::vector<NamedTensor>& tensors);

/// Builds the method that was saved, without the encoders that were folded away: it predicts bit
/// for bit what the saved one did; under MethodOptions::fold, to rounding. What a trial file does
/// not keep (a G that was not trained, source prompts, a calibrated temperature) comes from the
/// inputs, which are those of the trial.
/// @param saved  what Method::saved_tensors() gave
/// @throws ModelError when names or shapes differ.
std::unique_ptr<Method> restore_method(MethodInputs inputs, const std::vector<NamedTensor>& saved);

}  // namespace attempt::model
