#include "model/prompt_file.h"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <cstring>

#include "model/shapes/model_error.h"
#include "model/shapes/prompt_values.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

at::Tensor checked(const fs::path& path, const at::Tensor& tensor) {
  if ((tensor.dim() != 2 && tensor.dim() != 3) || !tensor.is_floating_point()) {
    throw ModelError(
        path.string(),
        fmt::format(
            "holds a tensor of {} dimensions (a prompt is [P, D] or [L, P, D], floating point)",
            tensor.dim()));
  }
  return tensor.to(at::kFloat);
}

/// A tensor saved by torch.save, perhaps on a GPU: read to the CPU whatever device it names.
at::Tensor read_pt_prompt(const fs::path& path) {
  try {
    caffe2::serialize::PyTorchStreamReader reader(path.string());
    const c10::IValue value =
        torch::jit::readArchiveAndTensors("data", /*pickle_prefix=*/"", /*tensor_prefix=*/"",
                                          c10::nullopt, c10::nullopt, at::kCPU, reader);
    if (!value.isTensor()) throw ModelError(path.string(), "does not hold a single tensor");
    return value.toTensor();
  } catch (const ModelError&) {
    throw;
  } catch (const c10::Error& error) {
    throw ModelError(path.string(), fmt::format("cannot be read as a torch file ({})",
                                                error.what_without_backtrace()));
  } catch (const std::exception& error) {
    throw ModelError(path.string(),
                     fmt::format("cannot be read as a torch file ({})", error.what()));
  }
}

}  // namespace

at::Tensor read_prompt_file(const fs::path& path) {
  const auto prompt = read_prompt_values(path);
  if (!prompt) return checked(path, read_pt_prompt(path));
  const at::Tensor tensor = at::empty(prompt->shape, at::kFloat);
  std::memcpy(tensor.data_ptr(), prompt->values.data(), tensor.nbytes());
  return tensor;
}

}  // namespace attempt::model
