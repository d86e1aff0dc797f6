#pragma once

#include <vector>

#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// Finished models in one batch: every row gets the prompt that its own model makes for it, and the
/// backbone sees all rows together. For predictions only; it has no parameters.
class MixedPrompts final : public FrozenBackboneMethod {
 public:
  /// A task of a finished model. Batch::task_ids are places in the list of members.
  struct Member {
    Method* model = nullptr;   ///< outlives this; made with options that `mixes`
    std::int64_t task_id = 0;  ///< among the tasks of the model
  };

  /// Whether a model's rows may stand beside those of others: all that it does is to put a prompt
  /// in front of the text, which depends on the row alone.
  static bool mixes(const MethodOptions& options);

  /// @param members  all with the backbone's weights and one prompt length
  MixedPrompts(const T5& backbone, std::vector<Member> members);

  /// Attention of a member over its sources for its rows of a batch.
  SourceAttention attention_of(std::size_t member, const Batch& batch) const;

 private:
  at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) override;

  /// Rows of a member. @return [n] int64
  static at::Tensor rows_of(std::size_t member, const Batch& batch);
  /// What the member's model is given of a batch.
  Batch part_of(std::size_t member, const Batch& batch, const at::Tensor& rows) const;

  std::vector<Member> members_;
};

}  // namespace attempt::model
