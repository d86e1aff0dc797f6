#include "model/shapes/torch_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kEndBytes = 22;  // end of the central directory, without its comment
constexpr std::size_t kEntryBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kLongestComment = 65535;

struct Record {
  std::string name;
  std::uint64_t begin = 0;  ///< of its data, in bytes
  std::uint64_t size = 0;
};

/// What a pickle of tensors may name: the functions that build a tensor, and types of numbers.
bool is_of_tensors(std::string_view module, std::string_view name) {
  static constexpr std::array kStorages = {
      "FloatStorage"sv, "DoubleStorage"sv, "HalfStorage"sv, "BFloat16Storage"sv, "LongStorage"sv,
      "IntStorage"sv,   "ShortStorage"sv,  "CharStorage"sv, "ByteStorage"sv,     "BoolStorage"sv};
  if (module == "torch._utils") return name == "_rebuild_tensor_v2" || name == "_rebuild_parameter";
  if (module == "collections") return name == "OrderedDict";
  return module == "torch" &&
         std::find(kStorages.begin(), kStorages.end(), name) != kStorages.end();
}

/// Reads numbers and texts that lie in a row, never beyond the end.
class Bytes {
 public:
  Bytes(std::string file, std::string what, std::string_view bytes)
      : file_(std::move(file)), what_(std::move(what)), bytes_(bytes) {}

  std::uint64_t number(std::size_t at, std::size_t width) const {
    const std::string_view found = text(at, width);
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(found[i]);
    }
    return value;
  }

  std::string_view text(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) {
      fail(fmt::format("is truncated ({} bytes, byte {} is needed)", bytes_.size(), at + size));
    }
    return bytes_.substr(at, size);
  }

  std::size_t size() const { return bytes_.size(); }
  std::string_view all() const { return bytes_; }

  [[noreturn]] void fail(const std::string& problem) const {
    throw ModelError(file_, what_ + problem);
  }

 private:
  std::string file_;
  std::string what_;  ///< what an error names in front of its problem: "" or "its pickle "
  std::string_view bytes_;
};

/// The records of a ZIP archive. Source: PKWARE's APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.16.
std::vector<Record> records_of(const Bytes& file) {
  if (file.size() < 4 || file.text(0, 4) != "PK\3\4"sv) {
    file.fail(
        "is not a file of torch.save (expected its ZIP form; torch before 1.6 wrote another, "
        "load and save it again there)");
  }
  const std::size_t window = std::min(file.size(), kEndBytes + kLongestComment);
  const std::size_t end = file.all().substr(file.size() - window).rfind("PK\5\6"sv);
  if (end == std::string_view::npos)
    file.fail("is truncated (the directory at its end is missing)");
  const std::size_t end_at = file.size() - window + end;
  const std::uint64_t entries = file.number(end_at + 10, 2);
  std::uint64_t at = file.number(end_at + 16, 4);
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < entries; ++i) {
    if (file.text(at, 4) != "PK\1\2"sv)
      file.fail("is damaged (its directory is not where it says)");
    const std::uint64_t packed = file.number(at + 20, 4);
    const std::uint64_t size = file.number(at + 24, 4);
    const std::uint64_t name_bytes = file.number(at + 28, 2);
    const std::uint64_t local = file.number(at + 42, 4);
    Record record{std::string(file.text(at + kEntryBytes, name_bytes)), 0, size};
    if (file.number(at + 10, 2) != 0 || packed != size) {
      file.fail("has the compressed record '" + record.name + "' (torch.save compresses nothing)");
    }
    if (file.text(local, 4) != "PK\3\4"sv) {
      file.fail("is damaged (the record '" + record.name + "' is not where it says)");
    }
    record.begin = local + kLocalBytes + file.number(local + 26, 2) + file.number(local + 28, 2);
    file.text(record.begin, size);
    records.push_back(std::move(record));
    at += kEntryBytes + name_bytes + file.number(at + 30, 2) + file.number(at + 32, 2);
  }
  return records;
}

/// Bytes that follow an opcode, for those of a fixed number.
/// Source: CPython's Lib/pickletools.py, protocol 2. -1: none that tensors need.
int argument_bytes(char opcode) {
  switch (opcode) {
    case '}':
    case ']':
    case ')':
    case '(':
    case 'R':
    case 'Q':
    case 't':
    case '\x85':
    case '\x86':
    case '\x87':
    case 'N':
    case '\x88':
    case '\x89':
    case 's':
    case 'u':
    case 'a':
    case 'e':
      return 0;
    case '\x80':
    case 'q':
    case 'h':
    case 'K':
      return 1;
    case 'M':
      return 2;
    case 'r':
    case 'j':
    case 'J':
      return 4;
    case 'G':
      return 8;
    default:
      return -1;
  }
}

}  // namespace

void check_tensor_pickle(const std::string& file, std::string_view pickle) {
  const Bytes bytes(file, "its pickle ", pickle);
  std::uint64_t at = 0;
  while (true) {
    const char opcode = bytes.text(at, 1)[0];
    ++at;
    if (opcode == '.') return;
    if (opcode == 'X') {  // a text with its length
      const std::uint64_t size = bytes.number(at, 4);
      bytes.text(at + 4, size);
      at += 4 + size;
    } else if (opcode == '\x8a') {  // a long number with its length
      const std::uint64_t size = bytes.number(at, 1);
      if (size > 8) bytes.fail("has a number of " + std::to_string(size) + " bytes");
      at += 1 + size;
    } else if (opcode == 'c') {  // two lines: module and name
      const std::size_t middle = pickle.find('\n', at);
      const std::size_t last = middle == pickle.npos ? middle : pickle.find('\n', middle + 1);
      if (last == pickle.npos) bytes.fail("is truncated (in a name)");
      const std::string_view module = pickle.substr(at, middle - at);
      const std::string_view name = pickle.substr(middle + 1, last - middle - 1);
      if (!is_of_tensors(module, name)) {
        bytes.fail(
            fmt::format("calls for {}.{} (a prompt holds tensors only; other names may run "
                        "code). Do not load this file with Python either",
                        module.substr(0, 100), name.substr(0, 100)));
      }
      at = last + 1;
    } else {
      const int size = argument_bytes(opcode);
      if (size < 0) {
        bytes.fail(fmt::format("has the instruction 0x{:02x} at byte {} (tensors need none such)",
                               static_cast<unsigned char>(opcode), at - 1));
      }
      bytes.text(at, static_cast<std::uint64_t>(size));
      at += static_cast<std::uint64_t>(size);
    }
  }
}

void check_torch_archive(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw ModelError(path.string(), "cannot be opened");
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  const Bytes file(path.string(), "", content);
  const std::vector<Record> records = records_of(file);
  const auto named = [&](std::string_view end) {
    return std::find_if(records.begin(), records.end(), [&](const Record& record) {
      return record.name.substr(std::min(record.name.find('/'), record.name.size())) == end;
    });
  };
  if (named("/constants.pkl") != records.end()) {
    file.fail(
        "holds a program (TorchScript) and not tensors alone. Save the tensors with "
        "torch.save");
  }
  const auto pickle = named("/data.pkl");
  if (pickle == records.end()) file.fail("has no record 'data.pkl' (not a file of torch.save)");
  std::uint64_t sum = 0;
  for (const Record& record : records) sum += record.size;
  if (sum > file.size()) file.fail("is damaged (its records overlap)");
  check_tensor_pickle(path.string(), file.text(pickle->begin, pickle->size));
}

}  // namespace attempt::model
