#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace attempt::model {

/// The random streams of a batch whose rows belong to several trials. An element's mask hangs on
/// its place among its own trial's rows at the lengths that these would have alone, so that it is
/// the mask of the trial alone, whoever shares the pass.
struct RowStreams {
  /// [R, 4] int64, columns as below; undefined: one stream for all rows.
  at::Tensor table;
  /// Padded lengths of the encoder's and the decoder's rows; never equal, as they tell what a
  /// dimension is.
  std::int64_t source = 0, target = 0;
};

// Columns of RowStreams::table.
inline constexpr std::int64_t kRowKey = 0;     ///< of the stream in front of the pass's first draw
inline constexpr std::int64_t kRowPlace = 1;   ///< among the rows of its trial
inline constexpr std::int64_t kRowSource = 2;  ///< length of the encoder's rows of its trial alone
inline constexpr std::int64_t kRowTarget = 3;  ///< length of the decoder's rows of its trial alone
inline constexpr std::int64_t kRowColumns = 4;

/// A tensor of a pass as [rows, groups, lines, columns].
struct RowLayout {
  std::int64_t rows = 0, groups = 1, lines = 1, columns = 1;
  /// Column of the table that has the trial's own number of lines and columns; -1: as they are.
  std::int64_t lines_column = -1, columns_column = -1;
};

/// @param sizes  [R, S or T, n], or attention weights [R, H, S or T, S or T]
RowLayout layout_of(const RowStreams& streams, at::IntArrayRef sizes);

}  // namespace attempt::model
