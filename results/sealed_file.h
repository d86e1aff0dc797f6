#pragma once

#include <cstdint>
#include <filesystem>

namespace attempt::results {

/// Bytes in front of the HDF5 content of every file this program writes (HDF5 calls them a user
/// block, and every reader of HDF5 skips them): "attempt-mpi sealed 1\nsha256 <64 hex>\n" and
/// zeros. The SHA-256 is that of all bytes after the block. Persistent on disk.
///
/// Reason: HDF5 notices few flipped bits, and its library reads beyond its buffers on others (the
/// heap of strings of variable length), so damage must be found before HDF5 sees the file.
inline constexpr std::int64_t kSealBytes = 512;

enum class Seal { kSound, kBroken, kNone };

/// Fills in the block of a finished, closed file. @throws StoreError
void write_seal(const std::filesystem::path& path);

/// @return kNone for an HDF5 file without a block, as other programs write them.
/// @throws StoreError when the file cannot be read.
Seal check_seal(const std::filesystem::path& path);

/// @throws StoreError for a broken seal.
void require_whole(const std::filesystem::path& path);

}  // namespace attempt::results
