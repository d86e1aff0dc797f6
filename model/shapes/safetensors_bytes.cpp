#include "model/shapes/safetensors_bytes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLargestHeader = 100'000'000;  // the format's own limit

struct TypeName {
  const char* name;
  StoredType type;
  std::uint64_t bytes;
};
constexpr TypeName kTypeNames[] = {
    {"F32", StoredType::kF32, 4}, {"BF16", StoredType::kBf16, 2}, {"F16", StoredType::kF16, 2},
    {"F64", StoredType::kF64, 8}, {"I64", StoredType::kI64, 8},   {"I32", StoredType::kI32, 4},
};

}  // namespace

SafetensorsBytes::SafetensorsBytes(const std::filesystem::path& path) : path_(path.string()) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw ModelError(path_, fmt::format("cannot be opened ({})", std::strerror(errno)));
  struct stat status {};
  const bool has_status = fstat(descriptor, &status) == 0;
  size_ = has_status ? static_cast<std::uint64_t>(status.st_size) : 0;
  void* mapped =
      size_ == 0 ? MAP_FAILED : mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (mapped == MAP_FAILED) throw ModelError(path_, "is empty or cannot be mapped");
  data_ = static_cast<const unsigned char*>(mapped);
  try {
    read_header();
  } catch (...) {
    munmap(mapped, size_);
    throw;
  }
}

SafetensorsBytes::~SafetensorsBytes() { munmap(const_cast<unsigned char*>(data_), size_); }

void SafetensorsBytes::read_header() {
  std::uint64_t length = 0;
  if (size_ < kLengthBytes)
    throw ModelError(path_,
                     fmt::format("is truncated ({} bytes, the header's length needs 8)", size_));
  std::memcpy(&length, data_, kLengthBytes);  // little-endian, as the machines we run on
  if (length > kLargestHeader || length > size_ - kLengthBytes) {
    throw ModelError(path_, fmt::format("header of {} bytes does not fit into the file of {} bytes "
                                        "(truncated, or not a safetensors file)",
                                        length, size_));
  }
  const char* text = reinterpret_cast<const char*>(data_) + kLengthBytes;
  // The callback bounds nesting: a header has three levels.
  const auto bounded = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > 8) throw std::runtime_error("nested too deeply");
    return true;
  };
  nlohmann::json header;
  try {
    header = nlohmann::json::parse(text, text + length, bounded);
  } catch (const std::exception& error) {
    throw ModelError(path_, fmt::format("header is not JSON ({})", error.what()));
  }
  if (!header.is_object()) throw ModelError(path_, "header is not a JSON object");

  const std::uint64_t data_start = kLengthBytes + length;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") continue;
    Entry entry = read_entry(name, &json, data_start);
    ranges.emplace_back(entry.begin, entry.end);
    entries_.emplace(name, std::move(entry));
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second)
      throw ModelError(path_, "tensors overlap (damaged header)");
  }
}

SafetensorsBytes::Entry SafetensorsBytes::read_entry(const std::string& name,
                                                     const void* json_pointer,
                                                     std::uint64_t data_start) const {
  const auto& json = *static_cast<const nlohmann::json*>(json_pointer);
  const auto refuse = [&](const std::string& problem) -> ModelError {
    return ModelError(path_, fmt::format("tensor '{}': {}", name, problem));
  };
  const bool has_form = json.is_object() && json.contains("dtype") && json["dtype"].is_string() &&
                        json.contains("shape") && json["shape"].is_array() &&
                        json.contains("data_offsets") && json["data_offsets"].is_array() &&
                        json["data_offsets"].size() == 2;
  if (!has_form) throw refuse("header entry lacks dtype, shape or two data_offsets");

  Entry entry;
  const auto dtype = json["dtype"].get<std::string>();
  const auto* stored = std::find_if(std::begin(kTypeNames), std::end(kTypeNames),
                                    [&](const TypeName& type) { return dtype == type.name; });
  if (stored == std::end(kTypeNames)) {
    throw refuse(
        fmt::format("type {} is not supported (expected F32, BF16, F16, F64, I64 or I32)", dtype));
  }
  entry.type = stored->type;

  std::uint64_t bytes = stored->bytes;
  for (const nlohmann::json& dim : json["shape"]) {
    if (!dim.is_number_unsigned()) throw refuse("shape holds something other than whole numbers");
    const auto size = dim.get<std::uint64_t>();
    if (size == 0) throw refuse("has no elements");
    if (bytes > size_ / size) throw refuse("shape is larger than the file");
    bytes *= size;
    entry.shape.push_back(static_cast<std::int64_t>(size));
  }
  if (!json["data_offsets"][0].is_number_unsigned() ||
      !json["data_offsets"][1].is_number_unsigned()) {
    throw refuse("data_offsets are not whole numbers");
  }
  const auto begin = json["data_offsets"][0].get<std::uint64_t>();
  const auto end = json["data_offsets"][1].get<std::uint64_t>();
  const std::uint64_t available = size_ - data_start;
  if (begin > end || end > available) {
    throw refuse(
        fmt::format("data_offsets [{}, {}] reach beyond the {} bytes of data (truncated file?)",
                    begin, end, available));
  }
  if (end - begin != bytes) {
    throw refuse(fmt::format("holds {} bytes (shape and type need {})", end - begin, bytes));
  }
  entry.begin = data_start + begin;
  entry.end = data_start + end;
  return entry;
}

std::vector<std::string> SafetensorsBytes::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const SafetensorsBytes::Entry& SafetensorsBytes::find(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw ModelError(path_, fmt::format("tensor '{}' is missing", name));
  return found->second;
}

const std::vector<std::int64_t>& SafetensorsBytes::shape(const std::string& name) const {
  return find(name).shape;
}

StoredType SafetensorsBytes::type(const std::string& name) const { return find(name).type; }

std::span<const unsigned char> SafetensorsBytes::bytes(const std::string& name) const {
  const Entry& entry = find(name);
  return {data_ + entry.begin, entry.end - entry.begin};
}

}  // namespace attempt::model
