#include "tests/datasets/data_folder.h"

#include <zlib.h>

#include "datasets/data_error.h"
#include "datasets/text_rules.h"

namespace attempt::datasets {

namespace fs = std::filesystem;

void DataFolder::write(const std::string& name, const std::string& text) {
  fs::create_directories((root_ / name).parent_path());
  test::write_file(root_ / name, text);
}

void DataFolder::write_gzip(const std::string& name, const std::string& text, std::size_t cut) {
  const fs::path path = root_ / name;
  fs::create_directories(path.parent_path());
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  fs::resize_file(path, fs::file_size(path) - cut);
}

std::string DataFolder::refusal(const std::string& task) const {
  try {
    load(task);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += replace_all(text, "#", std::to_string(i));
  return all;
}

}  // namespace attempt::datasets
