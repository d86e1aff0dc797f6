#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attempt::datasets {

enum class SpecialTokens {
  kAsText,   ///< "<extra_id_0>" in data is plain text (tasks.md 2.2)
  kSplitOut  ///< split at special tokens first: pretraining sentinels, golden `ids`
};

/// The T5 tokenizer: a SentencePiece model plus 100 sentinels, ids as in t5-base. Thread-safe.
class Tokenizer {
 public:
  /// @param model_file  spiece.model. @throws DataError when it is missing or not a model.
  explicit Tokenizer(const std::filesystem::path& model_file);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// Piece ids without the end token.
  std::vector<std::int32_t> encode(std::string_view text,
                                   SpecialTokens mode = SpecialTokens::kAsText) const;

  /// Text of ids; pad, end, unknown and sentinel ids are dropped, no clean-up of spaces
  /// inside, none left at the ends.
  std::string decode(std::span<const std::int32_t> ids) const;

  std::int32_t piece_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr std::int32_t kPadId = 0;
inline constexpr std::int32_t kEosId = 1;
inline constexpr std::int32_t kUnkId = 2;

/// Keeps the first max_length - 1 ids and appends the end token.
std::vector<std::int32_t> truncate_with_eos(std::span<const std::int32_t> ids,
                                            std::int64_t max_length);

}  // namespace attempt::datasets
