#pragma once

#include <cstdint>
#include <filesystem>

namespace attempt::demo {

struct FullWorld {
  std::uint64_t seed = 1;        ///< of words, templates and data
  std::size_t rows = 3'000;      ///< training rows a task
  bool shuffles_labels = false;  ///< of training rows with classes, as a control
};

/// Writes the whole world below `folder`:
///   data/            all 23 tasks in the layouts of the official archives, marked as synthetic
///   data/own/        a tagging task and a task in Georgian letters
///   relatedness.csv  which task needs which skill
///   pretrain/        what its backbone is pretrained on; pretrain.toml, random.toml
///   seed, rows       what it was made from
///   backbone/        the ready-made backbone, where there is one for the seed
/// @return whether a backbone was written
/// @throws std::runtime_error when a file cannot be written.
bool write_full_world(const std::filesystem::path& folder, const FullWorld& world);

}  // namespace attempt::demo
