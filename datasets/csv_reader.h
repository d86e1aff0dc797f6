#pragma once

#include <string>
#include <vector>

#include "datasets/line_reader.h"

namespace attempt::datasets {

/// Splits one CSV record that begins with `line` (RFC 4180: comma, double quote, "" inside quotes);
/// reads on where a quoted field holds line breaks, which are kept.
/// @return false where the file ends inside a quoted field.
/// @throws DataError when a record is above 64 MiB.
bool split_csv_record(LineReader& lines, const std::string& line, const std::string& file,
                      std::vector<std::string>& fields);

}  // namespace attempt::datasets
