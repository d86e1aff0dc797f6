#pragma once

#include <memory>
#include <string>

#include "model/method.h"
#include "model/t5.h"
#include "runner/train/adamw.h"

namespace attempt::bench {

/// A method of the bench on a backbone: prompts of 100 rows; ATTEMPT mixes six random sources.
model::MethodInputs inputs_of(const std::string& method, const model::T5& t5);

train::AdamW optimizer_of(const model::Method& method);

/// @param precision  "bf16" or "fp32"
std::unique_ptr<model::T5> backbone_of(const char* folder, const std::string& precision,
                                       const at::Device& device);

/// Ids in a fixed pattern, with shift 0 that of step_gpu.py.
model::Batch pattern_batch(std::int64_t rows, std::int64_t source_tokens,
                           std::int64_t target_tokens, std::int64_t shift,
                           const at::Device& device);

/// Kernels of the device, from start to save, which writes them as a trace.
void start_profile();
void save_profile(const std::string& trace);

}  // namespace attempt::bench
