// Tables with commas and quotes: Yelp.
#include "tests/fuzz/input_file.h"
#include "tests/fuzz/task_rows.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attempt::fuzz::read_as_task("input.csv", {data, size},
                              [](const attempt::datasets::TaskReader& reader) {
                                return reader.format.table == attempt::datasets::TableKind::kCsv;
                              });
  return 0;
}
