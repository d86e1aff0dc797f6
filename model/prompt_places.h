#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/batch.h"

namespace attempt::model {

struct MethodInputs;  // model/method.h

/// Where the rows of an input prompt stand among the tokens of a text: some before it, some in
/// front of its second field, some between its end token and the padding.
class PromptPlaces {
 public:
  PromptPlaces() = default;  ///< all rows before the text
  /// As MethodOptions::placement says.
  explicit PromptPlaces(const MethodInputs& inputs);

  /// @param prompt      [B, P, D]
  /// @param embeddings  [B, S, D] of the batch's tokens
  /// @return [B, P + S, D]; padding stays at the end. A row in which the second field's name is not
  /// found, because it has one field or was cut off, has the rows meant for there behind the text.
  at::Tensor arrange(const at::Tensor& prompt, const at::Tensor& embeddings,
                     const Batch& batch) const;

 private:
  /// [B]: the place of the first token of the second field's name; the number of tokens if none.
  at::Tensor second_fields(const Batch& batch, const at::Tensor& tokens) const;

  bool are_all_before_ = true;
  std::int64_t before_ = 0, between_ = 0, after_ = 0;  ///< rows
  std::vector<at::Tensor> names_;  ///< [n] int64 by task: ids of the second field's name
};

}  // namespace attempt::model
