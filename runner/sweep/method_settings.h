#pragma once

#include "model/shapes/method_options.h"
#include "model/shapes/t5_config.h"
#include "runner/sweep/settings.h"

namespace attempt::sweep {

/// True where `prompt_length` counts keys inside the attentions, not rows of the input.
bool is_prefix_method(const std::string& method);

/// The options of a trial's method from its settings; source prompts are chosen later.
/// @param first_task  whose classes a linear head has
model::MethodOptions method_options(const Draft& draft, const Settings& settings,
                                    const model::T5Config& config,
                                    const datasets::Task& first_task);

}  // namespace attempt::sweep
