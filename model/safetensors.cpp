#include "model/safetensors.h"

#include <ATen/ops/empty.h>

#include <cstring>

namespace attempt::model {

namespace {

at::ScalarType scalar_type(StoredType type) {
  switch (type) {
    case StoredType::kF32:
      return at::kFloat;
    case StoredType::kBf16:
      return at::kBFloat16;
    case StoredType::kF16:
      return at::kHalf;
    case StoredType::kF64:
      return at::kDouble;
    case StoredType::kI64:
      return at::kLong;
    case StoredType::kI32:
      return at::kInt;
  }
  return at::kFloat;
}

}  // namespace

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const auto stored = bytes(name);
  at::Tensor tensor = at::empty(shape(name), at::TensorOptions().dtype(scalar_type(type(name))));
  std::memcpy(tensor.data_ptr(), stored.data(), stored.size());
  return tensor;
}

}  // namespace attempt::model
