#include "datasets/line_reader.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "datasets/data_error.h"

namespace attempt::datasets {

namespace {

constexpr std::size_t kBufferBytes = 1 << 16;
constexpr std::size_t kLargestLine = std::size_t{1} << 26;

}  // namespace

LineReader::LineReader(const std::filesystem::path& path)
    : path_(path.string()), buffer_(kBufferBytes) {
  if (std::filesystem::is_directory(path))
    throw DataError(path_, "is a folder (a data file is expected)");
  errno = 0;
  file_ = gzopen(path.c_str(), "rb");  // reads plain files as they are
  if (file_ == nullptr)
    throw DataError(path_, std::string("cannot be opened (") + std::strerror(errno) + ")");
}

LineReader::~LineReader() { gzclose(static_cast<gzFile>(file_)); }

bool LineReader::fill() {
  const auto file = static_cast<gzFile>(file_);
  const int bytes = gzread(file, buffer_.data(), static_cast<unsigned>(buffer_.size()));
  int code = Z_OK;
  const char* reason = gzerror(file, &code);
  if (bytes < 0 || (bytes == 0 && code == Z_BUF_ERROR)) {  // a cut file is no error to gzread
    throw DataError(path_, std::string("is a damaged or truncated gzip file (") + reason +
                               "). Copy or download it again");
  }
  begin_ = 0;
  end_ = static_cast<std::size_t>(bytes);
  return bytes > 0;
}

bool LineReader::next(std::string& line) {
  line.clear();
  bool has_bytes = false;
  while (begin_ < end_ || fill()) {
    has_bytes = true;
    const char* start = buffer_.data() + begin_;
    const void* found = std::memchr(start, '\n', end_ - begin_);
    const std::size_t length =
        found == nullptr ? end_ - begin_
                         : static_cast<std::size_t>(static_cast<const char*>(found) - start);
    if (line.size() + length > kLargestLine)
      throw DataError(path_, "has a line above 64 MiB (not a text file?)");
    line.append(start, length);
    begin_ += length;
    if (found != nullptr) {
      ++begin_;
      break;
    }
  }
  if (!has_bytes) return false;
  if (++line_number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

}  // namespace attempt::datasets
