#include "runner/train/named_arrays.h"

#include <ATen/ATen.h>

#include <cstring>

namespace attempt::train {

namespace {

results::NamedArray to_array(const std::string& name, const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const float* values = plain.const_data_ptr<float>();
  return {name, plain.sizes().vec(), std::vector<float>(values, values + plain.numel())};
}

}  // namespace

std::vector<results::NamedArray> to_arrays(const std::vector<model::NamedTensor>& tensors) {
  std::vector<results::NamedArray> arrays;
  for (const model::NamedTensor& tensor : tensors) {
    arrays.push_back(to_array(tensor.name, tensor.value));
  }
  return arrays;
}

std::vector<results::NamedArray> to_arrays(const std::vector<model::TrainedParameter>& parameters) {
  std::vector<results::NamedArray> arrays;
  for (const model::TrainedParameter& parameter : parameters) {
    arrays.push_back(to_array(parameter.name, parameter.value));
  }
  return arrays;
}

std::vector<model::NamedTensor> to_tensors(const std::vector<results::NamedArray>& arrays) {
  std::vector<model::NamedTensor> tensors;
  for (const results::NamedArray& array : arrays) {
    const at::Tensor tensor = at::empty(array.shape, at::TensorOptions().dtype(at::kFloat));
    std::memcpy(tensor.mutable_data_ptr(), array.values.data(),
                array.values.size() * sizeof(float));
    tensors.push_back({array.name, tensor});
  }
  return tensors;
}

}  // namespace attempt::train
