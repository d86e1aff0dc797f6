#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "model/attention.h"
#include "model/t5.h"

namespace attempt::model {

/// The gradient of an encoder's output, gathered while a pass goes backward.
struct GatheredGradient;

/// The encoder's output as cross-attentions with few queries take it, without its projection to
/// keys and values: q (W_k x) = (W_k^T q) x, and sum p (W_v x) = W_v (sum p x). With T queries the
/// products take T / dk of the arithmetic. The gradients that all layers have for the output become
/// one product, when the last of them is known.
class EncodedRows {
 public:
  /// @param hidden [B, S, D]
  explicit EncodedRows(const at::Tensor& hidden);

  /// rows hidden^T. @param rows [B, n, D]. @return [B, n, S'], on a GPU S rounded up to a multiple
  /// of 8, where products are fast, else S
  at::Tensor scores(const at::Tensor& rows) const;
  /// weights hidden. @param weights [B, n, S'], zeros behind S. @return [B, n, D]
  at::Tensor mixed(const at::Tensor& weights) const;

 private:
  at::Tensor hidden_;  ///< no gradient flows through it
  at::Tensor token_;   ///< [0] stands for the output among the inputs of each product
  std::shared_ptr<GatheredGradient> gathered_;
};

/// Whether the products are fewer than with keys and values, and nothing is added to these.
bool suits_encoded_rows(const T5& t5, std::int64_t queries);

/// As attend(), on the encoder's output. @param query [B, H, T, dk], @param mask [B, S] bool
at::Tensor attend(const T5& t5, const AttentionWeights& weights, const at::Tensor& query,
                  const EncodedRows& rows, const at::Tensor& mask, Dropout& dropout);

}  // namespace attempt::model
