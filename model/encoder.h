#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "model/dropout.h"
#include "model/t5.h"

namespace attempt::model {

/// What the decoder attends to.
struct Encoded {
  at::Tensor hidden;  ///< [B, S, D] after the final norm
  at::Tensor mask;    ///< [B, S] bool
};

/// Changes the residual stream [B, S, D] in front of a layer, e.g. its prompt rows.
using LayerInputChange =
    std::function<at::Tensor(std::int64_t layer, const at::Tensor& residual_stream)>;

/// Runs the encoder stack.
///
/// @param embeddings  [B, S, D] input embeddings, prompt rows included, undropped
/// @param mask        [B, S] bool, true = position takes part
/// @param change  when given, is asked in front of every layer but the first
/// @param block_outputs  when given, receives the output of every block (for tests)
Encoded encode(const T5& t5, const at::Tensor& embeddings, const at::Tensor& mask, Dropout& dropout,
               const LayerInputChange& change = {},
               std::vector<at::Tensor>* block_outputs = nullptr);

}  // namespace attempt::model
