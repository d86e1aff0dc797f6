#include "model/row_streams.h"

#include <c10/util/Exception.h>

namespace attempt::model {

RowLayout layout_of(const RowStreams& streams, at::IntArrayRef sizes) {
  TORCH_CHECK(sizes.size() == 3 || sizes.size() == 4, "dropout by rows of a tensor with ",
              sizes.size(), " dimensions");
  const auto column_of = [&](std::int64_t length) -> std::int64_t {
    if (length == streams.source) return kRowSource;
    return length == streams.target ? kRowTarget : -1;
  };
  const bool is_attention = sizes.size() == 4;
  RowLayout layout;
  layout.rows = sizes[0];
  layout.groups = is_attention ? sizes[1] : 1;
  layout.lines = sizes[is_attention ? 2 : 1];
  layout.columns = sizes[is_attention ? 3 : 2];
  layout.lines_column = column_of(layout.lines);
  if (is_attention) layout.columns_column = column_of(layout.columns);
  TORCH_CHECK(layout.rows == streams.table.size(0) && layout.lines_column >= 0 &&
                  (!is_attention || layout.columns_column >= 0),
              "dropout by rows of a tensor of another shape than the batch's");
  return layout;
}

}  // namespace attempt::model
