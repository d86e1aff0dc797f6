#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model/shapes/t5_config.h"

namespace attempt::sweep {

/// Text-to-text pairs of one JSON-lines file.
struct PairFile {
  std::string file;
  double weight = 1;  ///< of a row's share in the mixture, before normalising
};

/// How a small backbone is trained from nothing: `attempt pretrain`.
struct PretrainSpec {
  model::T5Config shape;  ///< vocab_size is what the tokenizer gives
  std::string tokenizer;  ///< an existing spiece.model; empty: one is trained
  std::int64_t pieces = 0;

  std::string text;  ///< a line a row, for span corruption; may be empty
  double text_weight = 1;
  std::vector<PairFile> pairs;
  std::string data_root;           ///< of the tasks
  std::vector<std::string> tasks;  ///< whose training splits are part of the mixture
  double tasks_weight = 1;

  std::uint64_t seed = 0;
  std::int64_t steps = 0;
  std::int64_t batch_size = 0;
  double learning_rate = 0;
  std::int64_t warmup_steps = 0;
  std::int64_t max_source_length = 0;
  std::int64_t max_target_length = 0;
  double checkpoint_every_seconds = 0;
  std::int64_t threads = 0;  ///< 0: all cores
};

/// Reads pretrain.toml; paths are relative to its folder.
/// @throws config::ConfigError for unknown keys and impossible values, with line and column.
PretrainSpec read_pretrain_file(const std::filesystem::path& file);

std::string to_json(const PretrainSpec& spec);
/// @throws std::runtime_error for JSON that to_json() did not write.
PretrainSpec pretrain_spec_from_json(const std::string& json);

}  // namespace attempt::sweep
