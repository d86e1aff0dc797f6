#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace attempt::model {

enum class StoredType { kF32, kBf16, kF16, kF64, kI64, kI32 };

/// One safetensors file, mapped into memory. Its header is untrusted: every length, offset and
/// shape is checked before use.
/// Source: huggingface/safetensors, format description (8-byte length, JSON header, data).
class SafetensorsBytes {
 public:
  /// @throws ModelError for a truncated or lying file.
  explicit SafetensorsBytes(const std::filesystem::path& path);
  ~SafetensorsBytes();
  SafetensorsBytes(const SafetensorsBytes&) = delete;
  SafetensorsBytes& operator=(const SafetensorsBytes&) = delete;

  std::vector<std::string> names() const;
  bool contains(const std::string& name) const { return entries_.contains(name); }
  const std::vector<std::int64_t>& shape(const std::string& name) const;

  StoredType type(const std::string& name) const;

  /// Row-major values as they lie in the file, little-endian; valid as long as this object.
  /// @throws ModelError when it is absent, as shape() and type().
  std::span<const unsigned char> bytes(const std::string& name) const;

 private:
  struct Entry {
    StoredType type;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;  ///< in bytes, from the start of the file
    std::uint64_t end = 0;
  };

  void read_header();
  Entry read_entry(const std::string& name, const void* json, std::uint64_t data_start) const;
  const Entry& find(const std::string& name) const;

  std::string path_;
  const unsigned char* data_ = nullptr;
  std::uint64_t size_ = 0;
  std::map<std::string, Entry> entries_;
};

}  // namespace attempt::model
