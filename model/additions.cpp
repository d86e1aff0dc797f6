#include "model/additions.h"

#include <ATen/ATen.h>

#include "model/dropout.h"

namespace attempt::model {

namespace {

constexpr double kGeneratedNormEpsilon = 1e-5;  // LN0 of HyperFormer; methods.md section 4.6

/// x [B, S, in] by the weights of each row's task. @param weight [n, out, in], @param bias [n, out]
at::Tensor linear_by_task(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                          const at::Tensor& task_ids) {
  return at::baddbmm(bias.index_select(0, task_ids).unsqueeze(1), x,
                     weight.index_select(0, task_ids).transpose(1, 2));
}

}  // namespace

at::Tensor add_to(const LinearAddition& added, const at::Tensor& x, const at::Tensor& y) {
  at::Tensor result = y;
  if (added.lora_a.defined()) {
    at::Tensor input = x.to(at::kFloat);
    if (added.lora_dropout > 0 && added.dropout != nullptr)
      input = (*added.dropout)(input, added.lora_dropout);
    const at::Tensor low = at::linear(input, added.lora_a);
    result = result + (at::linear(low, added.lora_b) * added.lora_scale).to(y.scalar_type());
  }
  if (added.bias.defined()) result = result + added.bias.to(y.scalar_type());
  if (added.output_scale.defined()) result = result * added.output_scale.to(y.scalar_type());
  return result;
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const LinearAddition& added) {
  const at::Tensor input =
      added.input_scale.defined() ? x * added.input_scale.to(x.scalar_type()) : x;
  return add_to(added, input, at::linear(input, weight));
}

at::Tensor adapt(const Adapter& adapter, const at::Tensor& f) {
  if (!adapter.down_weight.defined()) return f;
  const at::Tensor wide = f.to(at::kFloat);
  if (!adapter.task_ids.defined()) {
    const at::Tensor low =
        at::gelu(at::linear(wide, adapter.down_weight, adapter.down_bias), "tanh");
    return f + at::linear(low, adapter.up_weight, adapter.up_bias).to(f.scalar_type());
  }
  const at::Tensor& rows = adapter.task_ids;
  const at::Tensor low =
      at::gelu(linear_by_task(wide, adapter.down_weight, adapter.down_bias, rows), "tanh");
  at::Tensor high = linear_by_task(low, adapter.up_weight, adapter.up_bias, rows);
  if (adapter.gain.defined()) {
    high = at::layer_norm(high, {high.size(-1)}, {}, {}, kGeneratedNormEpsilon);
    high = high * adapter.gain.index_select(0, rows).unsqueeze(1) +
           adapter.offset.index_select(0, rows).unsqueeze(1);
  }
  return f + high.to(f.scalar_type());
}

}  // namespace attempt::model
