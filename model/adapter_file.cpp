#include "model/adapter_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "model/peft_folder.h"
#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"
#include "model/shapes/prompt_values.h"
#include "model/torch_file.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

at::Tensor to_tensor(const PromptValues& prompt) {
  const at::Tensor tensor = at::empty(prompt.shape, at::kFloat);
  std::memcpy(tensor.data_ptr(), prompt.values.data(), tensor.nbytes());
  return tensor;
}

/// A file with one prompt, whatever it calls it.
ImportedAdapter read_one_prompt(const fs::path& path) {
  ImportedAdapter adapter;
  at::Tensor prompt;
  if (const auto values = read_prompt_values(path)) {
    adapter.format = path.extension() == ".npy" ? "NumPy array" : "safetensors";
    prompt = to_tensor(*values);
  } else {
    adapter.format = "torch file";
    for (const NamedTensor& tensor : read_torch_file(path)) {
      const bool is_prompt =
          tensor.name.empty() || tensor.name == "prompt" || tensor.name == "prompt_embeddings";
      if (is_prompt) prompt = tensor.value;
      if (!is_prompt) adapter.notes.push_back("tensor '" + tensor.name + "' left out");
    }
    const bool is_prompt = prompt.defined() && (prompt.dim() == 2 || prompt.dim() == 3) &&
                           prompt.is_floating_point() && prompt.numel() > 0;
    if (!is_prompt) {
      throw ModelError(path.string(),
                       prompt.defined()
                           ? fmt::format("holds a tensor of {} dimensions (a prompt is [P, D] or "
                                         "[L, P, D], floating point)",
                                         prompt.dim())
                           : "holds no prompt (expected one tensor, or one called 'prompt' or "
                             "'prompt_embeddings')");
    }
    prompt = prompt.to(at::kFloat).contiguous();
  }
  adapter.options.method = "prompt_tuning";
  adapter.options.prompt_length = prompt.size(-2);
  adapter.options.is_deep = prompt.dim() == 3;
  adapter.tensors = {{adapter.options.is_deep ? "prompts" : "prompt", prompt}};
  return adapter;
}

bool is_in_peft_folder(const fs::path& path) {
  const std::string name = path.filename().string();
  return (name == "adapter_config.json" || name == "adapter_model.bin" ||
          name == "adapter_model.safetensors") &&
         fs::exists(path.parent_path() / "adapter_config.json");
}

}  // namespace

std::string bad_value(const at::Tensor& tensor) {
  const at::Tensor bad = tensor.isfinite().logical_not().nonzero();
  if (bad.size(0) == 0) return "";
  std::vector<std::int64_t> place;
  at::Tensor value = tensor;
  for (std::int64_t i = 0; i < bad.size(1); ++i) {
    place.push_back(bad[0][i].item<std::int64_t>());
    value = value[place.back()];
  }
  return fmt::format("{} is {}", place, value.item<double>());
}

ImportedAdapter read_adapter(const fs::path& path) {
  ImportedAdapter adapter = fs::is_directory(path)    ? read_peft_folder(path)
                            : is_in_peft_folder(path) ? read_peft_folder(path.parent_path())
                                                      : read_one_prompt(path);
  for (const NamedTensor& tensor : adapter.tensors) {
    if (const std::string bad = bad_value(tensor.value); !bad.empty()) {
      throw ModelError(path.string(), "tensor '" + tensor.name +
                                          "' holds values that are no numbers (" + bad + ")");
    }
  }
  return adapter;
}

void require_fitting(const fs::path& path, const ImportedAdapter& adapter, const T5Config& config) {
  const auto refuse = [&](const std::string& problem) {
    throw ModelError(path.string(), problem + ". Name the backbone that it was trained with");
  };
  const std::vector<TensorShape> expected = trained_shapes(folded_options(adapter.options), config);
  for (const TensorShape& shape : expected) {
    const auto found = std::find_if(adapter.tensors.begin(), adapter.tensors.end(),
                                    [&](const auto& tensor) { return tensor.name == shape.name; });
    if (found == adapter.tensors.end()) {
      refuse(fmt::format("tensor '{}' is missing (this backbone needs it, {})", shape.name,
                         shape.dims));
    } else if (found->value.sizes() != at::IntArrayRef(shape.dims)) {
      refuse(fmt::format("tensor '{}' has shape {} (this backbone needs {})", shape.name,
                         found->value.sizes().vec(), shape.dims));
    }
  }
  for (const NamedTensor& tensor : adapter.tensors) {
    const bool is_known = std::any_of(expected.begin(), expected.end(),
                                      [&](const auto& s) { return s.name == tensor.name; });
    if (!is_known) {
      refuse(fmt::format("tensor '{}' {} has no place in this backbone", tensor.name,
                         tensor.value.sizes().vec()));
    }
  }
}

}  // namespace attempt::model
