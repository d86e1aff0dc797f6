#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "datasets/batches.h"
#include "datasets/tokenizer.h"
#include "runner/sweep/pretrain_spec.h"

namespace attempt::train {

/// Trains a SentencePiece unigram model on the spec's text and pairs and writes `file`. Equal input
/// gives an equal model. @throws std::runtime_error with SentencePiece's reason.
void train_tokenizer(const sweep::PretrainSpec& spec, const std::filesystem::path& file);

/// The mixture a backbone is pretrained on: span corruption of text, and text-to-text rows.
class PretrainData {
 public:
  /// Reads and tokenises everything. @throws DataError for files that cannot be used.
  PretrainData(const sweep::PretrainSpec& spec, const datasets::Tokenizer& tokenizer);

  /// The batch of optimiser step `step`: depends on seed and step only, so that it can be drawn
  /// again after an interruption.
  datasets::TokenBatch batch(std::int64_t step) const;

  std::int64_t rows() const;

 private:
  struct Row {
    std::vector<std::int32_t> source;  ///< without end tokens
    std::vector<std::int32_t> target;  ///< empty: text, to be corrupted
  };
  struct Part {
    std::vector<Row> rows;
    double weight = 1;
  };

  const Row& draw(double part, std::uint64_t number) const;

  std::vector<Part> parts_;
  double total_weight_ = 0;
  std::uint64_t seed_;
  std::int64_t batch_size_;
  datasets::CollateOptions lengths_;
  std::int32_t first_sentinel_;
};

/// Span corruption (Raffel et al. 2020, 3.1.4): about 15 % of the tokens, in spans of 3 on average,
/// are replaced by sentinels; the target lists each sentinel with what it stands for.
/// @param first_sentinel  id of <extra_id_0>; the following sentinels count down
struct Corrupted {
  std::vector<std::int32_t> source;
  std::vector<std::int32_t> target;
};
Corrupted corrupt_spans(const std::vector<std::int32_t>& tokens, std::int32_t first_sentinel,
                        std::uint64_t seed);

}  // namespace attempt::train
