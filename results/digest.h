#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace attempt::results {

/// SHA-256 as 64 lower-case hex digits.
std::string sha256(std::string_view bytes);
/// @throws StoreError when the file cannot be read.
std::string sha256_file(const std::filesystem::path& path);

/// sha256_file through a cache file keyed by path, size, mtime and inode (JSON, rewritten
/// atomically; may be lost or stale-safe deleted at any time).
class FingerprintCache {
 public:
  /// @param file  e.g. $XDG_CACHE_HOME/attempt-mpi/fingerprints.json
  explicit FingerprintCache(std::filesystem::path file);
  ~FingerprintCache();  ///< saves when changed; never throws
  FingerprintCache(const FingerprintCache&) = delete;
  FingerprintCache& operator=(const FingerprintCache&) = delete;

  std::string file_digest(const std::filesystem::path& path);
  /// A value computed once for a set of inputs, e.g. the counts of an audited data set.
  /// @return "" when absent.
  std::string lookup(const std::string& key) const;
  void store(const std::string& key, const std::string& value);

 private:
  struct Impl;
  Impl* impl_;
};

/// The user's cache folder for this program: $XDG_CACHE_HOME or ~/.cache, + "/attempt-mpi".
std::filesystem::path user_cache_folder();

}  // namespace attempt::results
