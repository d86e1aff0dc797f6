#include "datasets/plain_words.h"

#include <algorithm>
#include <mutex>

namespace attempt::datasets {

namespace {

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

std::vector<TextPart> split_plain_words(std::string_view text) {
  std::vector<TextPart> parts;
  for (std::size_t begin = text.find_first_not_of(' '); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::size_t next = text.find_first_not_of(' ', end);
    const std::string_view word = text.substr(begin, end - begin);
    const bool is_plain = is_printable_ascii(word) && (next == std::string_view::npos ||
                                                       is_printable_ascii(text.substr(next, 1)));
    if (!is_plain && !parts.empty() && !parts.back().is_plain_word) {
      const char* first = parts.back().text.data();
      parts.back().text = {first, static_cast<std::size_t>(text.data() + end - first)};
    } else {
      parts.push_back({word, is_plain});
    }
    begin = next;
  }
  return parts;
}

bool WordIds::append(std::string_view word, std::vector<std::int32_t>& ids) const {
  if (word.size() > kLongestWord) return false;
  const Shard& shard = shards_[Hash()(word) % kShards];
  const std::shared_lock lock(shard.mutex);
  const auto found = shard.words.find(word);
  if (found == shard.words.end()) return false;
  ids.insert(ids.end(), found->second.begin(), found->second.end());
  return true;
}

void WordIds::keep(std::string_view word, std::span<const std::int32_t> ids) {
  if (word.size() > kLongestWord) return;
  Shard& shard = shards_[Hash()(word) % kShards];
  const std::unique_lock lock(shard.mutex);
  if (shard.words.size() < kMostWords / kShards)
    shard.words.try_emplace(std::string(word), ids.begin(), ids.end());
}

}  // namespace attempt::datasets
