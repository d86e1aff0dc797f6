#include "model/torch_file.h"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <algorithm>

#include "model/shapes/model_error.h"
#include "model/shapes/torch_archive.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

/// No tensor may reach beyond the values that the file holds for it.
void require_within(const fs::path& path, const NamedTensor& tensor) {
  const auto values = static_cast<std::int64_t>(tensor.value.numel());
  const auto held = static_cast<std::int64_t>(tensor.value.storage().nbytes()) /
                    static_cast<std::int64_t>(tensor.value.element_size());
  const auto file_bytes = static_cast<std::int64_t>(fs::file_size(path));
  if (values <= held && held * static_cast<std::int64_t>(tensor.value.element_size()) <= file_bytes)
    return;
  throw ModelError(path.string(), fmt::format("tensor '{}' claims {} values and the file holds {}",
                                              tensor.name, values, held));
}

std::vector<NamedTensor> named_tensors(const fs::path& path, const c10::IValue& value) {
  if (value.isTensor()) return {{"", value.toTensor()}};
  if (!value.isGenericDict()) {
    throw ModelError(path.string(), "holds " + value.tagKind() +
                                        " (expected a tensor, or a dictionary of tensors)");
  }
  std::vector<NamedTensor> tensors;
  for (const auto& entry : value.toGenericDict()) {
    if (!entry.key().isString() || !entry.value().isTensor()) {
      throw ModelError(path.string(),
                       "holds a dictionary of other things than tensors (expected "
                       "names and tensors)");
    }
    tensors.push_back({entry.key().toStringRef(), entry.value().toTensor()});
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const NamedTensor& a, const NamedTensor& b) { return a.name < b.name; });
  return tensors;
}

}  // namespace

std::vector<NamedTensor> read_torch_file(const fs::path& path) {
  check_torch_archive(path);
  try {
    caffe2::serialize::PyTorchStreamReader reader(path.string());
    std::vector<NamedTensor> tensors = named_tensors(
        path, torch::jit::readArchiveAndTensors("data", /*pickle_prefix=*/"", /*tensor_prefix=*/"",
                                                c10::nullopt, c10::nullopt, at::kCPU, reader));
    for (const NamedTensor& tensor : tensors) require_within(path, tensor);
    return tensors;
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

}  // namespace attempt::model
