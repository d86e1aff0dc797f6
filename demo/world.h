#pragma once

#include <cstdint>
#include <filesystem>

namespace attempt::demo {

/// Writes the small world below `folder`:
///   data/       six tasks in the layouts of the official archives, marked as synthetic
///   pretrain/   text and text-to-text pairs for the study's backbone, and pretrain.toml
///   demo.toml   a study on both
/// @param seed  of the data; the words of the world are always the same
/// @throws std::runtime_error when a file cannot be written.
void write_world(const std::filesystem::path& folder, std::uint64_t seed);

}  // namespace attempt::demo
