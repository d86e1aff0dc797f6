#include "datasets/tasks/task_reader.h"

namespace attempt::datasets {

const std::vector<TaskReader>& all_readers() {
  static const std::vector<TaskReader> readers = [] {
    std::vector<TaskReader> all;
    for (const auto family : {glue_readers, superglue_readers, record_readers, squad_readers,
                              mrqa_readers, sentence_readers, yelp_readers}) {
      for (TaskReader& reader : family()) all.push_back(std::move(reader));
    }
    return all;
  }();
  return readers;
}

const TaskReader* find_reader(const std::string& task) {
  for (const TaskReader& reader : all_readers()) {
    if (reader.task == task) return &reader;
  }
  return nullptr;
}

std::string source_text(const std::string& prefix, const std::vector<std::string>& fields) {
  std::string text = prefix;
  for (const std::string& field : fields) text += " " + field;
  return text;
}

Example labelled_example(const Task& task, std::string id, std::string source,
                         std::optional<std::size_t> label) {
  Example example;
  example.id = std::move(id);
  example.source = std::move(source);
  if (label) {
    example.target = task.label_texts[*label];
    example.references = {example.target};
  }
  return example;
}

}  // namespace attempt::datasets
