// Safetensors: the header, then every byte of every tensor that it promises.
#include <numeric>

#include "model/shapes/model_error.h"
#include "model/shapes/prompt_values.h"
#include "model/shapes/safetensors_bytes.h"
#include "tests/fuzz/input_file.h"

namespace model = attempt::model;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto& path = attempt::fuzz::as_file("input.safetensors", data, size);
  try {
    const model::SafetensorsBytes file(path);
    unsigned sum = 0;
    for (const std::string& name : file.names()) {
      const auto bytes = file.bytes(name);
      const auto& shape = file.shape(name);
      const auto elements =
          std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
      attempt::fuzz::require(elements > 0 && bytes.size() % static_cast<std::size_t>(elements) == 0,
                             "a tensor has as many bytes as its shape says");
      sum = std::accumulate(bytes.begin(), bytes.end(), sum);
    }
    volatile unsigned seen = sum;
    static_cast<void>(seen);
  } catch (const model::ModelError&) {
  }
  try {
    model::read_prompt_values(path);
  } catch (const model::ModelError&) {
  }
  return 0;
}
