#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace attempt::model {

/// One safetensors file, mapped into memory. Its header is untrusted: every length, offset and
/// shape is checked before use.
/// Source: huggingface/safetensors, format description (8-byte length, JSON header, data).
class SafetensorsFile {
 public:
  /// @throws ModelError for a truncated or lying file.
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  std::vector<std::string> names() const;
  bool contains(const std::string& name) const { return entries_.contains(name); }
  const std::vector<std::int64_t>& shape(const std::string& name) const;

  /// A copy of one tensor on the CPU in its stored type (F32, F16, BF16, F64, I64, I32).
  /// @throws ModelError when it is absent.
  at::Tensor tensor(const std::string& name) const;

 private:
  struct Entry {
    at::ScalarType type;
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
