#pragma once

#include <ATen/core/Tensor.h>

namespace attempt::model {

class Dropout;  // model/dropout.h

/// What a tuning method adds to one linear map y = W x; undefined tensors add nothing. Trained
/// tensors are float32: their products run in float32 and the result is cast to the activations'
/// type (methods.md section 3).
struct LinearAddition {
  at::Tensor input_scale;     ///< [in], on x; IA3 before wo
  at::Tensor lora_a, lora_b;  ///< [rank, in], [out, rank]: y + scale * B A x
  double lora_scale = 1;
  double lora_dropout = 0;     ///< rate on x in front of lora_a
  Dropout* dropout = nullptr;  ///< of the pass that is under way; draws where lora_dropout > 0
  at::Tensor bias;             ///< [out]; BitFit
  at::Tensor output_scale;     ///< [out], on y; IA3 on keys and values

  bool changes_output() const {
    return lora_a.defined() || bias.defined() || output_scale.defined();
  }
};

/// y = W x with what is added to the map. @param x [..., in]
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const LinearAddition& added);

/// The same from a product that is there already. @param y  W x
at::Tensor add_to(const LinearAddition& added, const at::Tensor& x, const at::Tensor& y);

/// A bottleneck after a sublayer, A(f) = f + U gelu_tanh(D f + d) + c (methods.md section 4.3), or
/// with gain and offset A(f) = f + gain * LN(U gelu_tanh(D f + d) + c) + offset (section 4.6).
struct Adapter {
  at::Tensor down_weight, down_bias;  ///< [m, D], [m]; for several tasks [n, m, D], [n, m]
  at::Tensor up_weight, up_bias;      ///< [D, m], [D]; for several tasks [n, D, m], [n, D]
  at::Tensor gain, offset;            ///< [n, D], or undefined
  at::Tensor task_ids;                ///< [B]: the set of each row, where there are several
};

/// @param f [B, S, D] output of the sublayer; f itself when the adapter is undefined
at::Tensor adapt(const Adapter& adapter, const at::Tensor& f);

}  // namespace attempt::model
