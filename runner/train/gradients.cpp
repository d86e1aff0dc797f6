#include "runner/train/gradients.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace attempt::train {

namespace {

double norm_of_all(const std::vector<at::Tensor>& tensors) {
  if (tensors.empty()) return 0;
  return at::linalg_vector_norm(at::stack(at::_foreach_norm(tensors))).item<double>();
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

double gradient_norm(const std::vector<model::TrainedParameter>& parameters) {
  const c10::NoGradGuard no_grad;
  return norm_of_all(gradients_of(parameters));
}

double clip_factor(double norm, double max_norm) { return std::min(1.0, max_norm / (norm + 1e-6)); }

double parameter_norm(const std::vector<model::TrainedParameter>& parameters) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> values;
  for (const model::TrainedParameter& parameter : parameters) values.push_back(parameter.value);
  return norm_of_all(values);
}

}  // namespace attempt::train
