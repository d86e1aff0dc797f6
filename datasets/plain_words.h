#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attempt::datasets {

/// A stretch of a text between spaces.
struct TextPart {
  std::string_view text;
  bool is_plain_word = false;  ///< printable ASCII without a space; else one or more whole words
};

/// Cuts a text at its spaces (U+0020) so that the tokenization of the parts, one after the other,
/// is that of the text. A word before one that starts beyond ASCII is not plain: normalisation
/// might join the space between them with a combining mark.
std::vector<TextPart> split_plain_words(std::string_view text);

/// Ids of the words that were seen before. Texts repeat their words, so that most are tokenised
/// once. Thread-safe; holds about kMostWords at most, later ones are not kept.
class WordIds {
 public:
  static constexpr std::size_t kMostWords = 1 << 17;
  static constexpr std::size_t kLongestWord = 32;  ///< bytes

  /// Appends the word's ids. @return whether it is known
  bool append(std::string_view word, std::vector<std::int32_t>& ids) const;
  void keep(std::string_view word, std::span<const std::int32_t> ids);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  /// A part of the words with a lock of its own, so that threads rarely meet.
  struct alignas(64) Shard {
    mutable std::shared_mutex mutex;
    std::unordered_map<std::string, std::vector<std::int32_t>, Hash, std::equal_to<>> words;
  };
  static constexpr std::size_t kShards = 64;

  std::array<Shard, kShards> shards_;
};

}  // namespace attempt::datasets
