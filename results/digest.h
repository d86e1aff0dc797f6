#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace attempt::results {

/// SHA-256 as 64 lower-case hex digits.
std::string sha256(std::string_view bytes);
/// @throws StoreError when the file cannot be read.
std::string sha256_file(const std::filesystem::path& path);
/// Of the bytes from `offset` to the end.
std::string sha256_file_from(const std::filesystem::path& path, std::int64_t offset);

/// sha256_file through a cache file keyed by path, size, mtime and inode (JSON, rewritten
/// atomically; may be deleted at any time). Entries of other writers are kept; a file younger than
/// two seconds is not cached, as it may change again under the same mtime. Used by one thread.
class FingerprintCache {
 public:
  /// @param file  e.g. $XDG_CACHE_HOME/attempt-mpi/fingerprints.json
  explicit FingerprintCache(std::filesystem::path file);
  ~FingerprintCache();  ///< saves when changed; never throws
  FingerprintCache(const FingerprintCache&) = delete;
  FingerprintCache& operator=(const FingerprintCache&) = delete;

  /// @throws StoreError when the file cannot be read.
  std::string file_digest(const std::filesystem::path& path);
  /// A value computed once for a set of inputs, e.g. the counts of an audited data set.
  /// @return "" when absent.
  std::string lookup(const std::string& key) const;
  void store(const std::string& key, const std::string& value);
  /// The digests that this object had to compute, for learn() of another one: a process that was
  /// forked hands them back.
  std::string learnt() const;
  void learn(const std::string& learnt);
  /// Writes what was learnt. @throws StoreError, std::filesystem::filesystem_error.
  void save();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The user's cache folder for this program: $XDG_CACHE_HOME or ~/.cache, + "/attempt-mpi".
std::filesystem::path user_cache_folder();

}  // namespace attempt::results
