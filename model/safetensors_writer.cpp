#include "model/safetensors_writer.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

const char* type_name(at::ScalarType type, const std::string& path) {
  switch (type) {
    case at::kFloat:
      return "F32";
    case at::kBFloat16:
      return "BF16";
    case at::kHalf:
      return "F16";
    default:
      throw ModelError(path, fmt::format("cannot hold tensors of type {}", c10::toString(type)));
  }
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors) {
  nlohmann::ordered_json header = {{"__metadata__", {{"format", "pt"}}}};
  std::uint64_t end = 0;
  for (const NamedTensor& tensor : tensors) {
    const std::uint64_t begin = end;
    end += tensor.value.nbytes();
    header[tensor.name] = {{"dtype", type_name(tensor.value.scalar_type(), path.string())},
                           {"shape", tensor.value.sizes().vec()},
                           {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // the data is aligned, as Hugging Face writes it
  const std::uint64_t length = text.size();

  const std::filesystem::path temporary = path.string() + ".tmp";
  {
    std::ofstream out(temporary, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << text;
    for (const NamedTensor& tensor : tensors) {
      const at::Tensor plain = tensor.value.detach().to(at::kCPU).contiguous();
      out.write(static_cast<const char*>(plain.const_data_ptr()),
                static_cast<std::streamsize>(plain.nbytes()));
    }
    out.close();
    if (!out) throw ModelError(path.string(), "cannot be written (disk full, no rights?)");
  }
  std::filesystem::rename(temporary, path);
}

}  // namespace attempt::model
