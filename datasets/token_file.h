#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "datasets/token_arrays.h"

namespace attempt::datasets {

/// Everything one cache file holds.
struct TokenFileContent {
  TokenArrays train, validation, test;
  std::string reports;  ///< JSON
};

/// Writes an HDF5 file: contiguous arrays behind a 512-byte seal (format, SHA-256 of the rest).
/// Synced when it returns.
/// @throws DataError when it cannot be written.
void write_token_file(const std::filesystem::path& path, const TokenFileContent& content);

/// Opens a cache file by mapping it into memory. Nothing when it is not there or not sound.
struct OpenedTokenFile {
  std::shared_ptr<const TokenizedSplit> train, validation, test;
  std::string reports;
};
std::optional<OpenedTokenFile> open_token_file(const std::filesystem::path& path);

}  // namespace attempt::datasets
