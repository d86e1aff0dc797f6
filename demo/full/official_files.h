#pragma once

#include <filesystem>
#include <string>

#include "demo/full/tasks.h"

namespace attempt::demo::full {

/// Writes one task below `root` in the layout and format of its official archive.
/// @throws std::runtime_error when a file cannot be written.
void write_task(const std::filesystem::path& root, const TaskCard& card, const Splits& splits);

}  // namespace attempt::demo::full
