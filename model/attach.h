#pragma once

#include "model/t5.h"
#include "model/weights.h"

namespace attempt::model {

/// Puts trained tensors into a T5 by their names (methods.md section 10): `<map>.bias`,
/// `<map>.lora_A`, `<map>.lora_B`, `<map>.ia3`, `<layer>.adapter.{down,up}.{weight,bias}`,
/// `<norm>.weight`, `<norm>.bias`, `lm_head.bias`. The T5 shares them, so that updates in place are
/// seen. Other names are left alone.
void attach(T5& t5, const TensorMap& added, double lora_scale = 1);

}  // namespace attempt::model
