#pragma once

#include <ATen/core/Tensor.h>

#include "model/dropout.h"
#include "model/t5.h"

namespace attempt::model {

/// What the decoder attends to.
struct Encoded {
  at::Tensor hidden;  ///< [B, S, D] after the final norm
  at::Tensor mask;    ///< [B, S] bool
};

/// Runs the encoder stack.
///
/// @param embeddings  [B, S, D] input embeddings, prompt rows included, undropped
/// @param mask        [B, S] bool, true = position takes part
/// @param block_outputs  when given, receives the output of every block (for tests)
Encoded encode(const T5& t5, const at::Tensor& embeddings, const at::Tensor& mask, Dropout& dropout,
               std::vector<at::Tensor>* block_outputs = nullptr);

}  // namespace attempt::model
