// JSON documents and lines with a header: SQuAD and the MRQA sets.
#include "tests/fuzz/input_file.h"
#include "tests/fuzz/task_rows.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attempt::fuzz::read_as_task("input.json", {data, size},
                              [](const attempt::datasets::TaskReader& reader) {
                                return reader.format.rows_of_document != nullptr;
                              });
  return 0;
}
