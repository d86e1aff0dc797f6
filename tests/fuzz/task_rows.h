#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "datasets/tasks/task_reader.h"

namespace attempt::fuzz {

/// Reads an input as one of the tasks for which `is_wanted` holds, with templates and clean-ups.
/// Its first byte selects task and rules ('A': the first task's corrected rules, 'B' the authors',
/// 'C': the second task's), the rest is the file. A refused file is no finding; a text that is not
/// UTF-8 is one.
void read_as_task(const char* file_name, std::span<const std::uint8_t> input,
                  const std::function<bool(const datasets::TaskReader&)>& is_wanted);

}  // namespace attempt::fuzz
