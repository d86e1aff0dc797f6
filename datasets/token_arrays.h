#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/token_cache.h"

namespace attempt::datasets {

/// One split as flat arrays: ids of example i are source_ids[source_offsets[i] .. source_offsets[i
/// + 1]), its other texts a JSON array at the same places of `records`.
struct TokenArrays {
  std::vector<std::int32_t> source_ids;
  std::vector<std::int64_t> source_offsets = {0};
  std::vector<std::int32_t> target_ids;
  std::vector<std::int64_t> target_offsets = {0};
  std::string records;
  std::vector<std::int64_t> record_offsets = {0};
};

/// As TokenArrays, pointing into memory that someone else keeps.
struct TokenViews {
  std::span<const std::int32_t> source_ids;
  std::span<const std::int64_t> source_offsets;
  std::span<const std::int32_t> target_ids;
  std::span<const std::int64_t> target_offsets;
  std::span<const char> records;
  std::span<const std::int64_t> record_offsets;

  /// Offsets start at 0, never fall, end at the arrays' ends, and agree on the number of examples.
  bool is_consistent() const;
};

/// Tokenises on several threads; the result does not depend on their number.
/// @param threads  0: one a core that this process may use
TokenArrays tokenize_examples(const std::vector<Example>& examples, const Tokenizer& tokenizer,
                              std::int64_t threads = 0);

/// A split over views; `owner` keeps their memory.
std::shared_ptr<const TokenizedSplit> make_split(const TokenViews& views,
                                                 std::shared_ptr<const void> owner);

TokenViews views_of(const TokenArrays& arrays);

}  // namespace attempt::datasets
