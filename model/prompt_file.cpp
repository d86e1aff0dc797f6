#include "model/prompt_file.h"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import_read.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>

#include "model/safetensors.h"
#include "model/shapes/model_error.h"

namespace attempt::model {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestNpyHeader = 1024;  // NumPy writes 118 bytes for two dimensions

at::Tensor checked(const fs::path& path, const at::Tensor& tensor) {
  if (tensor.dim() != 2 || !tensor.is_floating_point()) {
    throw ModelError(
        path.string(),
        fmt::format("holds a tensor of {} dimensions (a prompt is [P, D], floating point)",
                    tensor.dim()));
  }
  return tensor.to(at::kFloat);
}

at::Tensor read_safetensors_prompt(const fs::path& path) {
  const SafetensorsFile file(path);
  const auto names = file.names();
  if (names.size() == 1) return file.tensor(names[0]);
  if (file.contains("prompt")) return file.tensor("prompt");
  throw ModelError(
      path.string(),
      fmt::format("holds {} tensors (expected one, or one called 'prompt')", names.size()));
}

/// NumPy's own format, versions 1 and 2, little-endian float32 or float64 in C order.
at::Tensor read_npy_prompt(const fs::path& path) {
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
  static const std::regex form(
      R"('descr':\s*'(<f[48])'.*'fortran_order':\s*False.*'shape':\s*\((\d{1,9}),\s*(\d{1,9})\))");
  std::smatch match;
  if (!std::regex_search(header, match, form)) {
    throw refuse("is not a two-dimensional little-endian float array in C order");
  }
  const std::int64_t rows = std::stoll(match[2]);
  const std::int64_t columns = std::stoll(match[3]);
  const bool is_double = match[1] == "<f8";
  const std::size_t available = bytes.size() - start - length;
  const std::size_t needed =
      static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * (is_double ? 8 : 4);
  if (available != needed) {
    throw refuse(fmt::format("holds {} bytes of data (its shape needs {})", available, needed));
  }
  at::Tensor tensor = at::empty({rows, columns}, is_double ? at::kDouble : at::kFloat);
  std::memcpy(tensor.data_ptr(), bytes.data() + start + length, needed);
  return tensor;
}

/// A tensor saved by torch.save, perhaps on a GPU: read to the CPU whatever device it names.
at::Tensor read_pt_prompt(const fs::path& path) {
  try {
    caffe2::serialize::PyTorchStreamReader reader(path.string());
    const c10::IValue value =
        torch::jit::readArchiveAndTensors("data", /*pickle_prefix=*/"", /*tensor_prefix=*/"",
                                          c10::nullopt, c10::nullopt, at::kCPU, reader);
    if (!value.isTensor()) throw ModelError(path.string(), "does not hold a single tensor");
    return value.toTensor();
  } catch (const ModelError&) {
    throw;
  } catch (const c10::Error& error) {
    throw ModelError(path.string(), fmt::format("cannot be read as a torch file ({})",
                                                error.what_without_backtrace()));
  } catch (const std::exception& error) {
    throw ModelError(path.string(),
                     fmt::format("cannot be read as a torch file ({})", error.what()));
  }
}

}  // namespace

at::Tensor read_prompt_file(const fs::path& path) {
  if (!fs::is_regular_file(path))
    throw ModelError(path.string(), "is not there (a ready-made prompt)");
  const std::string extension = path.extension().string();
  if (extension == ".safetensors") return checked(path, read_safetensors_prompt(path));
  if (extension == ".npy") return checked(path, read_npy_prompt(path));
  if (extension == ".pt" || extension == ".bin") return checked(path, read_pt_prompt(path));
  throw ModelError(path.string(), "is of an unknown kind (expected .safetensors, .npy or .pt)");
}

}  // namespace attempt::model
