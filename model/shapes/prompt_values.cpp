#include "model/shapes/prompt_values.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <regex>
#include <span>

#include "model/shapes/model_error.h"
#include "model/shapes/safetensors_bytes.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestNpyHeader = 1024;  // NumPy writes 118 bytes for two dimensions

template <typename Stored>
Stored stored_at(std::span<const unsigned char> bytes, std::size_t index) {
  Stored value;
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// IEEE 754 half precision: 1 sign bit, 5 exponent bits, 10 fraction bits.
float from_f16(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const auto fraction = static_cast<float>(bits & 1023);
  float value =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) value = fraction == 0 ? INFINITY : NAN;
  return (bits & 0x8000) != 0 ? -value : value;
}

/// @return false for whole numbers
bool read_value(StoredType type, std::span<const unsigned char> bytes, std::size_t i, float& out) {
  switch (type) {
    case StoredType::kF32:
      out = stored_at<float>(bytes, i);
      return true;
    case StoredType::kF64:
      out = static_cast<float>(stored_at<double>(bytes, i));
      return true;
    case StoredType::kBf16:
      out = from_bf16(stored_at<std::uint16_t>(bytes, i));
      return true;
    case StoredType::kF16:
      out = from_f16(stored_at<std::uint16_t>(bytes, i));
      return true;
    case StoredType::kI64:
    case StoredType::kI32:
      break;
  }
  return false;
}

PromptValues to_prompt(const fs::path& path, const std::vector<std::int64_t>& shape,
                       StoredType type, std::span<const unsigned char> bytes) {
  PromptValues prompt{shape, {}};
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  bool is_prompt = (shape.size() == 2 || shape.size() == 3) && count > 0;
  if (is_prompt) prompt.values.resize(count);
  for (std::size_t i = 0; is_prompt && i < count; ++i) {
    is_prompt = read_value(type, bytes, i, prompt.values[i]);
  }
  if (!is_prompt) {
    throw ModelError(
        path.string(),
        fmt::format("holds a tensor of {} dimensions (a prompt is [P, D] or [L, P, D], floating "
                    "point)",
                    shape.size()));
  }
  return prompt;
}

PromptValues read_safetensors(const fs::path& path) {
  const SafetensorsBytes file(path);
  const auto names = file.names();
  std::string name = names.size() == 1 ? names[0] : "prompt";
  if (!file.contains(name)) name = "prompts";
  if (!file.contains(name)) {
    throw ModelError(
        path.string(),
        fmt::format("holds {} tensors (expected one, or one called 'prompt')", names.size()));
  }
  return to_prompt(path, file.shape(name), file.type(name), file.bytes(name));
}

/// NumPy's own format, versions 1 and 2, little-endian float32 or float64 in C order.
PromptValues read_npy(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto refuse = [&](const std::string& problem) {
    return ModelError(path.string(), problem);
  };
  if (bytes.size() < 12 || bytes.compare(0, 6, "\x93NUMPY") != 0)
    throw refuse("is not a .npy file");
  const bool is_first_version = bytes[6] == 1;
  std::size_t length = static_cast<unsigned char>(bytes[8]) |
                       static_cast<std::size_t>(static_cast<unsigned char>(bytes[9])) << 8;
  if (!is_first_version) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[10])) << 16 |
              static_cast<std::size_t>(static_cast<unsigned char>(bytes[11])) << 24;
  }
  const std::size_t start = is_first_version ? 10 : 12;
  if (length > bytes.size() - start) throw refuse("is truncated (its header does not fit)");
  if (length > kLargestNpyHeader) {
    throw refuse(
        fmt::format("has a header of {} bytes (expected at most {})", length, kLargestNpyHeader));
  }
  const std::string header = bytes.substr(start, length);
  static const std::regex form(R"('descr':\s*'(<f[48])'.*'fortran_order':\s*False.*'shape':\s*)"
                               R"(\((\d{1,9}),\s*(\d{1,9})(?:,\s*(\d{1,9}))?\))");
  std::smatch match;
  if (!std::regex_search(header, match, form)) {
    throw refuse("is not a two- or three-dimensional little-endian float array in C order");
  }
  std::vector<std::int64_t> shape = {std::stoll(match[2]), std::stoll(match[3])};
  if (match[4].matched) shape.push_back(std::stoll(match[4]));
  const StoredType type = match[1] == "<f8" ? StoredType::kF64 : StoredType::kF32;
  std::size_t needed = type == StoredType::kF64 ? 8 : 4;
  for (const std::int64_t size : shape) {
    const auto factor = static_cast<std::size_t>(size);
    const bool overflows = factor > 0 && needed > std::numeric_limits<std::size_t>::max() / factor;
    needed = overflows ? std::numeric_limits<std::size_t>::max() : needed * factor;
  }
  const std::size_t available = bytes.size() - start - length;
  if (available != needed) {
    throw refuse(fmt::format("holds {} bytes of data (its shape needs {})", available, needed));
  }
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data()) + start + length;
  return to_prompt(path, shape, type, {data, needed});
}

}  // namespace

std::optional<PromptValues> read_prompt_values(const fs::path& path) {
  if (!fs::is_regular_file(path))
    throw ModelError(path.string(), "is not there (a ready-made prompt)");
  const std::string extension = path.extension().string();
  if (extension == ".safetensors") return read_safetensors(path);
  if (extension == ".npy") return read_npy(path);
  if (extension == ".pt" || extension == ".bin") return std::nullopt;
  throw ModelError(
      path.string(),
      "is of an unknown kind (expected .safetensors, .npy, .pt, or the .h5 of a trial)");
}

}  // namespace attempt::model
