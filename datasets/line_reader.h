#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace attempt::datasets {

/// Lines of a plain or gzip-compressed file (told apart by content): LF or CR LF, byte order mark
/// stripped, last line with or without a line break.
class LineReader {
 public:
  /// @throws DataError when the file cannot be opened.
  explicit LineReader(const std::filesystem::path& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  /// @return false at the end. @throws DataError for a damaged gzip file or a line above 64 MiB.
  bool next(std::string& line);

  std::int64_t line_number() const { return line_number_; }  ///< of the line read last, from 1

 private:
  bool fill();

  std::string path_;
  void* file_ = nullptr;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::int64_t line_number_ = 0;
};

}  // namespace attempt::datasets
