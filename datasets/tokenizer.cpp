#include "datasets/tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>

#include "datasets/data_error.h"
#include "datasets/plain_words.h"
#include "datasets/spiece_check.h"
#include "datasets/unicode.h"
#include "datasets/unigram_segmenter.h"

namespace attempt::datasets {

namespace {

constexpr std::int32_t kSentinels = 100;

/// A special token that stands at a position of a text.
struct SpecialMatch {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::int32_t id = 0;
};

/// "<extra_id_17>" at `begin`: sentinel n has the id pieces + 99 - n.
std::optional<SpecialMatch> match_sentinel(std::string_view text, std::size_t begin,
                                           std::int32_t pieces) {
  constexpr std::string_view kPrefix = "<extra_id_";
  if (text.substr(begin, kPrefix.size()) != kPrefix) return std::nullopt;
  const std::size_t digits = begin + kPrefix.size();
  std::int32_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data() + digits, text.data() + text.size(), number);
  const std::size_t close = static_cast<std::size_t>(end - text.data());
  const bool has_leading_zero = text.substr(digits, 1) == "0" && close - digits > 1;
  if (error != std::errc() || close >= text.size() || text[close] != '>' || number < 0 ||
      number >= kSentinels || has_leading_zero) {
    return std::nullopt;
  }
  return SpecialMatch{begin, close + 1, pieces + kSentinels - 1 - number};
}

std::optional<SpecialMatch> next_special(std::string_view text, std::size_t from,
                                         std::int32_t pieces) {
  for (std::size_t at = text.find('<', from); at != std::string_view::npos;
       at = text.find('<', at + 1)) {
    if (text.substr(at, 5) == "<pad>") return SpecialMatch{at, at + 5, kPadId};
    if (text.substr(at, 4) == "</s>") return SpecialMatch{at, at + 4, kEosId};
    if (text.substr(at, 5) == "<unk>") return SpecialMatch{at, at + 5, kUnkId};
    if (auto sentinel = match_sentinel(text, at, pieces)) return sentinel;
  }
  return std::nullopt;
}

UnigramSegmenter make_segmenter(const sentencepiece::SentencePieceProcessor& processor) {
  std::vector<VocabularyPiece> pieces;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    const bool is_segment =
        !processor.IsControl(id) && !processor.IsUnknown(id) && !processor.IsUnused(id);
    pieces.push_back({processor.IdToPiece(id), processor.GetScore(id), is_segment});
  }
  return {std::move(pieces), processor.unk_id()};
}

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// @return what the library says against the model; "" when it is loaded
std::string load(sentencepiece::SentencePieceProcessor& processor, const std::string& model) {
  try {
    const auto status = processor.LoadFromSerializedProto(model);
    if (!status.ok()) return status.ToString();
    const bool has_t5_ids = processor.eos_id() == kEosId && processor.unk_id() == kUnkId;
    return has_t5_ids ? "" : "end and unknown token are not ids 1 and 2, as T5 has them";
  } catch (const std::exception& error) {  // of the trie that it builds of the pieces
    return error.what();
  }
}

/// Whether words can be tokenised one by one: spaces end pieces, and ASCII is left as it is.
bool splits_at_spaces(const sentencepiece::SentencePieceProcessor& processor) {
  constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581, how the library writes a space
  if (processor.IsUnknown(processor.PieceToId(std::string(kSpace)))) return false;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    const std::string& piece = processor.IdToPiece(id);
    if (piece.find(kSpace, 1) != std::string::npos || piece.find(' ') != std::string::npos)
      return false;
  }
  std::string ascii;
  for (char c = '!'; c <= '~'; ++c) ascii += c;
  std::vector<std::string> pieces;
  processor.Encode("  " + ascii + "  a ", &pieces).IgnoreError();
  std::string normalised;
  for (const std::string& piece : pieces) normalised += piece;
  return normalised == std::string(kSpace) + ascii + std::string(kSpace) + "a";
}

}  // namespace

struct Tokenizer::Impl {
  sentencepiece::SentencePieceProcessor processor;
  std::optional<UnigramSegmenter>
      segmenter;  ///< for texts whose best segmentation may not be unique
  bool has_separate_words = false;
  mutable WordIds known_words;

  void append(std::string_view text, std::vector<std::int32_t>& ids) const {
    if (!has_separate_words) return append_whole(text, ids);
    for (const TextPart& part : split_plain_words(text)) {
      if (part.is_plain_word && known_words.append(part.text, ids)) continue;
      const std::size_t before = ids.size();
      append_whole(part.text, ids);
      if (part.is_plain_word) known_words.keep(part.text, std::span(ids).subspan(before));
    }
  }

  void append_whole(std::string_view text, std::vector<std::int32_t>& ids) const {
    std::vector<int> encoded;
    processor.Encode(text, &encoded).IgnoreError();
    if (!has_repetition(segmenter->text_of(encoded))) {
      ids.insert(ids.end(), encoded.begin(), encoded.end());
      return;
    }
    std::vector<std::string> pieces;
    processor.Encode(text, &pieces).IgnoreError();
    std::string normalised;
    for (const std::string& piece : pieces) normalised += piece;
    const std::vector<std::int32_t> segmented = segmenter->segment(normalised);
    ids.insert(ids.end(), segmented.begin(), segmented.end());
  }
};

Tokenizer::Tokenizer(const std::filesystem::path& model_file) : impl_(std::make_unique<Impl>()) {
  if (!std::filesystem::is_regular_file(model_file)) {
    throw DataError(model_file.string(),
                    "is missing (the SentencePiece model of the backbone's tokenizer)");
  }
  const std::string model = read_bytes(model_file);
  std::string fault = fault_of_spiece_model(model);
  if (fault.empty()) fault = load(impl_->processor, model);
  if (!fault.empty()) {
    throw DataError(model_file.string(), "is not a SentencePiece model (" + fault + ")");
  }
  impl_->segmenter.emplace(make_segmenter(impl_->processor));
  impl_->has_separate_words = splits_at_spaces(impl_->processor);
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, SpecialTokens mode) const {
  std::vector<std::int32_t> ids;
  std::size_t position = 0;
  while (mode == SpecialTokens::kSplitOut) {
    const auto special = next_special(text, position, piece_count());
    if (!special) break;
    impl_->append(text.substr(position, special->begin - position), ids);
    ids.push_back(special->id);
    position = special->end;
  }
  impl_->append(text.substr(position), ids);
  return ids;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  std::vector<int> kept;
  kept.reserve(ids.size());
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(kept),
               [this](std::int32_t id) { return id > kUnkId && id < piece_count(); });
  std::string text;
  impl_->processor.Decode(kept, &text).IgnoreError();
  return trim(text);
}

std::int32_t Tokenizer::piece_count() const { return impl_->processor.GetPieceSize(); }

std::vector<std::int32_t> truncate_with_eos(std::span<const std::int32_t> ids,
                                            std::int64_t max_length) {
  const std::size_t kept =
      std::min(ids.size(), static_cast<std::size_t>(std::max<std::int64_t>(max_length - 1, 0)));
  std::vector<std::int32_t> truncated(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept));
  truncated.push_back(kEosId);
  return truncated;
}

}  // namespace attempt::datasets
