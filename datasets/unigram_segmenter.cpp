#include "datasets/unigram_segmenter.h"

#include <algorithm>
#include <limits>

namespace attempt::datasets {

namespace {

constexpr float kUnknownPenalty = 10;  // SentencePiece's
constexpr std::size_t kLongestPeriod =
    16;  // bytes; longer pieces are whole words, which do not commute

/// Bytes of the UTF-8 character that starts with `lead`.
std::size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

struct BestPath {
  float score = 0;
  std::int64_t begin =
      -1;  ///< where the last piece of the best path to here begins; -1: not reached
  std::int32_t id = 0;
};

void offer(BestPath& end, float score, std::size_t begin, std::int32_t id) {
  if (end.begin >= 0 && score <= end.score) return;
  end = {score, static_cast<std::int64_t>(begin), id};
}

}  // namespace

UnigramSegmenter::UnigramSegmenter(std::vector<VocabularyPiece> pieces, std::int32_t unknown_id)
    : pieces_(std::move(pieces)), unknown_id_(unknown_id) {
  float lowest = std::numeric_limits<float>::max();
  for (std::size_t id = 0; id < pieces_.size(); ++id) {
    const VocabularyPiece& piece = pieces_[id];
    if (!piece.is_segment) continue;
    ids_.emplace(piece.text, static_cast<std::int32_t>(id));
    longest_ = std::max(longest_, piece.text.size());
    lowest = std::min(lowest, piece.score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
}

std::string UnigramSegmenter::text_of(const std::vector<int>& ids) const {
  std::string text;
  for (const int id : ids) {
    const VocabularyPiece& piece = pieces_[static_cast<std::size_t>(id)];
    text += piece.is_segment ? piece.text : std::string(1, '\xFF');
  }
  return text;
}

std::vector<std::int32_t> UnigramSegmenter::segment(std::string_view text) const {
  std::vector<BestPath> paths(text.size() + 1);
  paths[0].begin = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t character = std::min(character_bytes(text[begin]), text.size() - begin);
    const float so_far = paths[begin].score;
    bool has_single = false;
    const std::size_t longest = std::min(longest_, text.size() - begin);
    for (std::size_t length = 1; length <= longest; ++length) {
      const auto found = ids_.find(text.substr(begin, length));
      if (found == ids_.end()) continue;
      const float score = pieces_[static_cast<std::size_t>(found->second)].score + so_far;
      offer(paths[begin + length], score, begin, found->second);
      has_single = has_single || length == character;
    }
    if (!has_single) offer(paths[begin + character], unknown_score_ + so_far, begin, unknown_id_);
    begin += character;
  }
  std::vector<std::int32_t> ids;
  for (std::size_t end = text.size(); end > 0; end = static_cast<std::size_t>(paths[end].begin)) {
    const bool repeats_unknown =
        paths[end].id == unknown_id_ && !ids.empty() && ids.back() == unknown_id_;
    if (!repeats_unknown) ids.push_back(paths[end].id);
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

bool has_repetition(std::string_view text) {
  for (std::size_t period = 1; period <= kLongestPeriod; ++period) {
    const auto repeats = [&](std::size_t i) { return text[i] == text[i - period]; };
    // More than `period` places in a row include one of these, so that most places are not looked
    // at.
    for (std::size_t probe = period; probe < text.size(); probe += period + 1) {
      if (!repeats(probe)) continue;
      std::size_t first = probe;
      while (first > period && repeats(first - 1)) --first;
      std::size_t end = probe + 1;
      while (end < text.size() && repeats(end)) ++end;
      if (end - first > period) return true;
    }
  }
  return false;
}

}  // namespace attempt::datasets
