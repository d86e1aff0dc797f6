#pragma once

#include <ATen/core/Tensor.h>

#include <nlohmann/json_fwd.hpp>

namespace attempt::train {

/// Does what `attempt eval` asks for: many trained files on one loaded backbone.
/// @param request  as runner/cli/eval_command.cpp makes it
/// @return exit code: 2 when a file was refused
int run_eval_work(const nlohmann::json& request, const at::Device& device);

/// Does what `attempt predict` asks for: lines of text from a file or standard input.
/// @param request  as runner/cli/predict_command.cpp makes it
/// @return exit code: 2 when a line was refused
int run_predict_work(const nlohmann::json& request, const at::Device& device);

}  // namespace attempt::train
