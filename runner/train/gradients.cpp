#include "runner/train/gradients.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace attempt::train {

namespace {

at::Tensor norms_of(const std::vector<at::Tensor>& tensors) {
  return tensors.empty() ? at::zeros({0}) : at::stack(at::_foreach_norm(tensors));
}

std::vector<at::Tensor> gradients_of(const std::vector<model::TrainedParameter>& parameters) {
  std::vector<at::Tensor> gradients;
  for (const model::TrainedParameter& parameter : parameters) {
    if (parameter.value.grad().defined()) gradients.push_back(parameter.value.grad());
  }
  return gradients;
}

}  // namespace

void clear_gradients(const std::vector<model::TrainedParameter>& parameters) {
  for (const model::TrainedParameter& parameter : parameters) {
    at::Tensor value = parameter.value;
    value.mutable_grad() = at::Tensor();
  }
}

void scale_gradients(const std::vector<model::TrainedParameter>& parameters, double factor) {
  const c10::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = gradients_of(parameters);
  if (!gradients.empty()) at::_foreach_mul_(gradients, factor);
}

at::Tensor gradient_norms(const std::vector<model::TrainedParameter>& parameters) {
  const c10::NoGradGuard no_grad;
  return norms_of(gradients_of(parameters));
}

at::Tensor norm_of_norms(const at::Tensor& norms) { return at::linalg_vector_norm(norms); }

void clip_gradients(const std::vector<model::TrainedParameter>& parameters, const at::Tensor& norm,
                    double max_norm) {
  const c10::NoGradGuard no_grad;
  const std::vector<at::Tensor> gradients = gradients_of(parameters);
  if (gradients.empty()) return;
  at::_foreach_mul_(gradients, norm.add(1e-6).reciprocal_().mul_(max_norm).clamp_max_(1));
}

double parameter_norm(const std::vector<model::TrainedParameter>& parameters) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> values;
  for (const model::TrainedParameter& parameter : parameters) values.push_back(parameter.value);
  return norm_of_norms(norms_of(values)).item<double>();
}

}  // namespace attempt::train
