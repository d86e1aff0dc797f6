#include "tests/fuzz/task_rows.h"

#include "datasets/data_error.h"
#include "datasets/unicode.h"
#include "tests/fuzz/input_file.h"

namespace attempt::fuzz {

namespace {

using datasets::Example;

void check(const Example& example) {
  const bool is_text =
      datasets::is_valid_utf8(example.id) && datasets::is_valid_utf8(example.source) &&
      datasets::is_valid_utf8(example.target) && datasets::is_valid_utf8(example.group);
  require(is_text, "texts of an example are UTF-8");
  for (const std::string& reference : example.references)
    require(datasets::is_valid_utf8(reference), "references are UTF-8");
}

void read(const std::filesystem::path& file, const datasets::TaskReader& reader,
          const datasets::DataRules& rules) {
  const datasets::Task& task = datasets::find_task(reader.task);
  try {
    datasets::read_records(file, reader.format, /*max_bad_rows=*/10,
                           [&](const datasets::Record& record) {
                             datasets::RowNotes notes;
                             for (const Example& example :
                                  reader.read_row(datasets::Row(record.fields, notes), task, rules))
                               check(example);
                           });
  } catch (const datasets::DataError&) {
  }
}

}  // namespace

void read_as_task(const char* file_name, std::span<const std::uint8_t> input,
                  const std::function<bool(const datasets::TaskReader&)>& is_wanted) {
  static const datasets::DataRules rules[] = {datasets::rules_for_compat("corrected"),
                                              datasets::rules_for_compat("authors")};
  static const std::vector<const datasets::TaskReader*> readers = [&] {
    std::vector<const datasets::TaskReader*> wanted;
    for (const datasets::TaskReader& reader : datasets::all_readers()) {
      if (is_wanted(reader)) wanted.push_back(&reader);
    }
    return wanted;
  }();
  if (input.empty()) return;
  const std::size_t selected =
      static_cast<std::size_t>(input[0] + 256 - 'A') % (2 * readers.size());
  const auto& file = as_file(file_name, input.data() + 1, input.size() - 1);
  read(file, *readers[selected / 2], rules[selected % 2]);
}

}  // namespace attempt::fuzz
