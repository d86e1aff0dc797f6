#include "demo/text_file.h"

#include <zlib.h>

#include <fstream>
#include <stdexcept>

namespace attempt::demo {

namespace {

[[noreturn]] void complain(const std::filesystem::path& path) {
  throw std::runtime_error(path.string() + ": cannot be written (disk full, no rights?)");
}

}  // namespace

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) complain(path);
}

void write_gzip(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  const gzFile out = gzopen(path.c_str(), "wb");  // without name or time: equal bytes every time
  if (out == nullptr) complain(path);
  const int size = static_cast<int>(text.size());
  const bool is_written = size == 0 || gzwrite(out, text.data(), text.size()) == size;
  if (gzclose(out) != Z_OK || !is_written) complain(path);
}

}  // namespace attempt::demo
