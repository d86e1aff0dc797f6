// NumPy arrays as ready-made prompts.
#include "model/shapes/model_error.h"
#include "model/shapes/prompt_values.h"
#include "tests/fuzz/input_file.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    attempt::model::read_prompt_values(attempt::fuzz::as_file("input.npy", data, size));
  } catch (const attempt::model::ModelError&) {
  }
  return 0;
}
