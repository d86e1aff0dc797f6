#pragma once

#include <cstdint>

namespace attempt::model::cuda {

/// Rows that draw from streams of their own (model/row_streams.h), of a tensor
/// [rows, groups, lines, columns].
struct DrawRows {
  const std::int64_t* table = nullptr;  ///< [rows, 4] on the device; null: one stream for all
  std::int32_t groups = 1, lines = 1, columns = 1;
  std::int32_t lines_column = -1, columns_column = -1;  ///< of the table; -1: as above
};

/// One draw of dropout masks on the device. Its key is *base + offset, so that a captured graph
/// draws anew whenever the base moves; masks are those of model/dropout_kernel.h for that key.
struct Draw {
  const std::int64_t* base = nullptr;  ///< on the device; null: nothing is dropped
  std::int64_t offset = 0;
  std::uint32_t threshold = 0;  ///< of 16 bits, below which an element is dropped
  float scale = 1;
  DrawRows rows = {};  ///< where they have streams, `base` is their table
};

}  // namespace attempt::model::cuda
