#pragma once

#include <functional>

#include "model/encoder.h"
#include "model/method.h"
#include "model/prompt_places.h"
#include "model/shapes/method_shapes.h"
#include "model/t5.h"

namespace attempt::model {

/// Base of every method that leaves the backbone's weights alone: it may put prompt rows in front
/// of the input, change the residual stream between encoder layers, and add to what happens inside
/// the blocks (model/additions.h).
class FrozenBackboneMethod : public Method {
 public:
  const std::vector<TrainedParameter>& parameters() const final { return parameters_; }
  LossSum loss(const Batch& batch, Dropout& dropout) override;
  Prediction predict(const Batch& batch, std::int64_t max_new_tokens) override;
  SourceAttention attention(const Batch& batch) override;
  std::vector<NamedTensor> saved_tensors() const override;

  /// Prompt rows of a batch: [P, D] or [1, P, D] for all rows alike, or [B, P, D]; float32.
  /// Undefined: none.
  /// @param embeddings  [B, S, D] input embeddings, undropped
  virtual at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch);

 protected:
  explicit FrozenBackboneMethod(const T5& backbone, PromptPlaces places = {})
      : t5_(backbone), places_(std::move(places)) {}

  /// The encoder's output for a batch, with all that the method adds.
  Encoded encode_batch(const Batch& batch, Dropout& dropout);

  /// Called before every pass: sets in t5() what depends on trained tensors or on the batch.
  virtual void prepare(const Batch&, Dropout&) {}

  /// Called after prompt_rows().
  virtual LayerInputChange layer_input_change(const Batch&) { return {}; }

  /// Registers a trained tensor: a float32 leaf that requires a gradient.
  at::Tensor add_parameter(const std::string& name, const at::Tensor& value,
                           ParameterGroup group = ParameterGroup::kMain,
                           bool is_norm_or_bias = false, bool is_updated_by_row = false);

  /// Registers what other methods train.
  void share_parameters(const Method& other);

  using Initialiser = std::function<at::Tensor(const TensorShape& shape)>;
  /// Registers every tensor of a list in the main group; names that hold "bias" are biases.
  /// @return them by name
  TensorMap add_parameters(const std::vector<TensorShape>& shapes, const Initialiser& initial,
                           ParameterGroup group = ParameterGroup::kMain);

  const T5& t5() const { return t5_; }
  T5& t5() { return t5_; }

 private:
  T5 t5_;  ///< shares the backbone's weights; what is added is this method's own
  PromptPlaces places_;
  std::vector<TrainedParameter> parameters_;
};

}  // namespace attempt::model
