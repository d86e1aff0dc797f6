#include "model/prompt_file.h"

#include <ATen/ATen.h>

#include "model/adapter_file.h"
#include "model/shapes/model_error.h"

namespace attempt::model {

at::Tensor read_prompt_file(const std::filesystem::path& path) {
  const ImportedAdapter adapter = read_adapter(path);
  if (adapter.options.method != "prompt_tuning") {
    throw ModelError(path.string(), "holds an adapter of the method " + adapter.options.method +
                                        " (expected a prompt)");
  }
  return adapter.tensors.front().value;
}

}  // namespace attempt::model
