#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "model/t5.h"
#include "model/weights.h"

namespace attempt::model {

/// What all LoRA branches of a T5 have in common; model/additions.h.
struct LoraBranch {
  double scale = 1;
  double dropout_rate = 0;
  Dropout* dropout = nullptr;
};

/// Puts trained tensors into a T5 by their names (methods.md section 10): `<map>.bias`,
/// `<map>.lora_A`, `<map>.lora_B`, `<map>.ia3`, `<layer>.adapter.{down,up}.{weight,bias}`,
/// `<norm>.weight`, `<norm>.bias`, `lm_head.bias`. The T5 shares them, so that updates in place are
/// seen. Other names are left alone.
void attach(T5& t5, const TensorMap& added, const LoraBranch& lora = {});

/// A place of an adapter: after a self-attention or a feed-forward.
struct AdapterPlace {
  std::string stack;  ///< "encoder" or "decoder"
  std::int64_t layer = 0;
  bool is_attention = false;

  /// Head of the names of its tensors, "encoder.block.0.layer.1.adapter".
  std::string name() const;
};

void for_each_adapter_place(const T5& t5,
                            const std::function<void(const AdapterPlace& place)>& visit);

/// Puts the adapter that `adapter` gives for each place into a T5.
void set_adapters(T5& t5, const std::function<Adapter(const AdapterPlace& place)>& adapter);

}  // namespace attempt::model
