// The adapter_config.json of PEFT folders.
#include "model/shapes/model_error.h"
#include "model/shapes/peft_config.h"
#include "tests/fuzz/input_file.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attempt::model;
  try {
    const PeftConfig config =
        read_peft_config(attempt::fuzz::as_file("adapter_config.json", data, size));
    attempt::fuzz::require(config.virtual_tokens >= 0 && config.lora_rank >= 0,
                           "counts are not negative");
  } catch (const ModelError&) {
  }
  return 0;
}
