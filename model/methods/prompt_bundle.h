#pragma once

#include <span>
#include <vector>

#include "model/dropout.h"
#include "model/methods/frozen_backbone_method.h"

namespace attempt::model {

/// Several trials' methods in one training pass through the backbone that they share: each one's
/// rows stand together and get the prompt that it makes for them. What a trial trains gets the
/// gradient of its own rows alone.
class PromptBundle final : public FrozenBackboneMethod {
 public:
  /// @param members  which MixedPrompts::mixes, with one prompt length, on the backbone's weights;
  ///                 they outlive this
  PromptBundle(const T5& backbone, std::vector<Method*> members);

  /// The batches of all members, in their order, as one.
  struct Joined {
    Batch batch;
    std::vector<DropoutPart> parts;  ///< with rows and lengths; their streams are left open
    std::int64_t source = 0;         ///< padded lengths, with the prompt
    std::int64_t target = 0;
  };
  /// @param batches  on one device and with one loss rule
  /// @param source_multiple  of the padded length of the texts
  /// @param prompt_length  rows in front of every text
  static Joined join(const T5Config& config, std::span<const Batch> batches,
                     std::int64_t source_multiple, std::int64_t prompt_length);

  /// Says how many rows of the batches to come each member has.
  void set_rows(std::vector<std::int64_t> rows) { rows_ = std::move(rows); }

 private:
  at::Tensor prompt_rows(const at::Tensor& embeddings, const Batch& batch) override;

  std::vector<FrozenBackboneMethod*> members_;
  std::vector<std::int64_t> rows_;
};

}  // namespace attempt::model
