#include "runner/train/bad_tensor.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

namespace attempt::train {

namespace {

std::int64_t bad_elements(const at::Tensor& tensor) {
  if (!tensor.defined()) return 0;
  return at::isfinite(tensor).logical_not_().sum().item<std::int64_t>();
}

std::string describe(const std::string& what, std::int64_t bad, const at::Tensor& tensor) {
  return fmt::format("{} ({} of {} elements)", what, bad, tensor.numel());
}

}  // namespace

std::optional<std::string> first_bad_tensor(const model::Method& method,
                                            const model::T5& backbone) {
  const c10::NoGradGuard no_grad;
  for (const model::TrainedParameter& parameter : method.parameters()) {
    if (const std::int64_t bad = bad_elements(parameter.value); bad > 0) {
      return describe("parameter '" + parameter.name + "'", bad, parameter.value);
    }
  }
  for (const auto& [name, tensor] : backbone.tensors) {
    if (const std::int64_t bad = bad_elements(tensor); bad > 0) {
      return describe("backbone weight '" + name + "'", bad, tensor);
    }
  }
  for (const model::TrainedParameter& parameter : method.parameters()) {
    if (const std::int64_t bad = bad_elements(parameter.value.grad()); bad > 0) {
      return describe("gradient of '" + parameter.name + "'", bad, parameter.value);
    }
  }
  return std::nullopt;
}

}  // namespace attempt::train
