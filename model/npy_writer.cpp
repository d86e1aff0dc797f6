#include "model/npy_writer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>

#include "model/shapes/model_error.h"

namespace attempt::model {

void write_npy(const std::filesystem::path& path, const at::Tensor& tensor) {
  constexpr std::size_t kFixedBytes = 10;  // magic, version, length of the header
  constexpr std::size_t kAlignment = 64;
  const at::Tensor plain = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  const auto sizes = plain.sizes().vec();
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(sizes, ", "), sizes.size() == 1 ? "," : "");
  const std::size_t unpadded = kFixedBytes + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  std::ofstream out(path, std::ios::binary);
  out.write("\x93NUMPY\x01\x00", 8);
  out.put(static_cast<char>(header.size() & 0xff)).put(static_cast<char>(header.size() >> 8));
  out << header;
  out.write(static_cast<const char*>(plain.const_data_ptr()),
            static_cast<std::streamsize>(plain.nbytes()));
  out.close();
  if (!out) throw ModelError(path.string(), "cannot be written (disk full, no rights?)");
}

}  // namespace attempt::model
