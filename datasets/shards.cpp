#include "datasets/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "datasets/data_error.h"

namespace attempt::datasets {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kDigits = 5;  // as Hugging Face's `datasets` numbers shards
constexpr std::string_view kOf = "-of-";

/// "train-00001-of-00002.jsonl.gz" taken apart.
struct PartName {
  std::string stem;    ///< "train"
  std::size_t count;   ///< 2
  std::string ending;  ///< ".jsonl.gz"

  std::string of(std::size_t index) const {
    return fmt::format("{}-{:05}-of-{:05}{}", stem, index, count, ending);
  }
};

bool is_number(std::string_view text) {
  return text.size() == kDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<PartName> part_name(const std::string& name) {
  const std::size_t of = name.rfind(kOf);
  if (of == std::string::npos || of <= kDigits) return std::nullopt;
  const std::size_t index = of - kDigits;
  const std::size_t count = of + kOf.size();
  if (name[index - 1] != '-' || count + kDigits > name.size()) return std::nullopt;
  const std::string number = name.substr(count, kDigits);
  if (!is_number(name.substr(index, kDigits)) || !is_number(number)) return std::nullopt;
  return PartName{name.substr(0, index - 1), std::stoul(number), name.substr(count + kDigits)};
}

}  // namespace

std::vector<fs::path> parts_of_file(const fs::path& file) {
  const std::optional<PartName> name = part_name(file.filename().string());
  if (!name) return {file};
  std::vector<fs::path> parts;
  for (std::size_t i = 0; i < name->count; ++i) {
    parts.push_back(file.parent_path() / name->of(i));
    if (!fs::is_regular_file(parts.back())) {
      throw DataError(parts.back().string(),
                      fmt::format("is not there ({} is one of {} parts). Put all parts there",
                                  file.filename().string(), name->count));
    }
  }
  return parts;
}

fs::path first_part(const fs::path& folder, const std::string& name) {
  const fs::path whole = name;
  const std::string ending = whole.extension().string();
  fs::path first;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::optional<PartName> part = part_name(entry.path().filename().string());
    const bool belongs = part && part->stem == whole.stem().string() &&
                         (part->ending == ending || part->ending == ending + ".gz");
    if (belongs && (first.empty() || entry.path() < first)) first = entry.path();
  }
  return first;
}

}  // namespace attempt::datasets
