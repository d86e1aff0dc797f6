// Tables with tabs: GLUE, SciTail, PAWS; plain or gzip-compressed.
#include "tests/fuzz/input_file.h"
#include "tests/fuzz/task_rows.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attempt::fuzz::read_as_task("input.tsv", {data, size},
                              [](const attempt::datasets::TaskReader& reader) {
                                return !reader.format.needed_columns.empty() &&
                                       reader.format.table == attempt::datasets::TableKind::kTsv;
                              });
  return 0;
}
