#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attempt::datasets {

struct VocabularyPiece {
  std::string text;
  float score = 0;
  bool is_segment = false;  ///< may stand in a segmentation (not a control or unknown piece)
};

/// The most likely segmentation of normalised text under a unigram model, in float32, as the
/// encoder of SentencePiece 0.1.99 and later finds it. Releases differ where two segmentations have
/// the same score, as in "mmm" = "m" + "mm": this decides them alike everywhere. Slower than the
/// library, so only for texts in which that can happen.
class UnigramSegmenter {
 public:
  UnigramSegmenter(std::vector<VocabularyPiece> pieces, std::int32_t unknown_id);

  /// The text that ids stand for; unknown pieces are a byte that stands in no text.
  std::string text_of(const std::vector<int>& ids) const;

  std::vector<std::int32_t> segment(std::string_view normalised) const;

 private:
  std::vector<VocabularyPiece> pieces_;
  std::unordered_map<std::string_view, std::int32_t> ids_;
  std::size_t longest_ = 0;  ///< bytes
  std::int32_t unknown_id_;
  float unknown_score_ = 0;
};

/// Whether a stretch of the text repeats itself (a period p over more than 2p bytes), without which
/// no two orders of the same pieces spell the same text.
bool has_repetition(std::string_view text);

}  // namespace attempt::datasets
