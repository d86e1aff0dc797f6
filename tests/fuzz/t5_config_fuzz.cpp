// config.json of a backbone.
#include "model/shapes/model_error.h"
#include "model/shapes/t5_config.h"
#include "tests/fuzz/input_file.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    attempt::model::read_t5_config(attempt::fuzz::as_file("config.json", data, size));
  } catch (const attempt::model::ModelError&) {
  }
  return 0;
}
