#include "model/rms_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace attempt::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// y = g * x * r with r = rsqrt(mean(x^2) + eps). With n = x * r (the normalised rows):
/// dx = r * (g*dy - n * mean(g*dy * n)),  dg = sum over rows of dy * n.
class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          double epsilon) {
    const at::Tensor wide = x.to(at::kFloat);
    const at::Tensor inverse = at::rsqrt(wide.square().mean(-1, /*keepdim=*/true).add_(epsilon));
    const at::Tensor normalised = wide * inverse;
    context->save_for_backward({normalised, inverse, weight});
    return (normalised * weight).to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& normalised = saved[0];
    const at::Tensor& inverse = saved[1];
    const at::Tensor& weight = saved[2];
    const at::Tensor upstream = gradients[0].to(at::kFloat);
    at::Tensor for_x;
    if (context->needs_input_grad(0)) {
      const at::Tensor scaled = upstream * weight;
      const at::Tensor projection = (scaled * normalised).mean(-1, /*keepdim=*/true);
      for_x = at::addcmul(scaled, normalised, projection, /*value=*/-1)
                  .mul_(inverse)
                  .to(gradients[0].scalar_type());
    }
    at::Tensor for_weight;
    if (context->needs_input_grad(1)) {
      for_weight =
          (upstream * normalised).reshape({-1, weight.size(0)}).sum(0).to(weight.scalar_type());
    }
    return {for_x, for_weight, Variable()};
  }
};

at::Tensor biased(const at::Tensor& scaled, const NormWeights& norm) {
  return norm.bias.defined() ? scaled + norm.bias.to(scaled.scalar_type()) : scaled;
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const NormWeights& norm, double epsilon) {
  if (fused::handles_norm(x, norm.weight))
    return biased(fused::add_norm(x, {}, norm.weight, epsilon, {}).normed, norm);
  return biased(RmsNorm::apply(x, norm.weight, epsilon), norm);
}

NormedSum add_norm(const at::Tensor& residual, const at::Tensor& branch, Dropout& dropout,
                   const NormWeights& norm, double epsilon) {
  if (fused::handles_norm(residual, norm.weight)) {
    const fused::Sum both =
        fused::add_norm(residual, branch, norm.weight, epsilon, dropout.next_draw());
    return {both.sum, biased(both.normed, norm)};
  }
  const at::Tensor sum = dropout.add(residual, branch);
  return {sum, rms_norm(sum, norm, epsilon)};
}

}  // namespace attempt::model
