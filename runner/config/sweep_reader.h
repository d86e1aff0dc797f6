#pragma once

#include "runner/config/sweep_file.h"

namespace attempt::config {

/// Turns a parsed document into a SweepFile. Makes paths in the document absolute on its way.
class SweepReader {
 public:
  SweepReader(std::filesystem::path file, Value& document, Problems& problems)
      : document_(document), problems_(problems) {
    sweep_.file = std::move(file);
  }

  SweepFile read();

 private:
  void read_variants();
  void read_section(const std::string& name, Value& section);
  void read_study_section(const std::string& name, Value& section);
  void read_general(const std::string& name, Value& section);
  void read_source_training(Value& section);
  void read_task_lists(Value& lists);
  void read_task_list(Value& list, TaskList& read);
  /// Short names of tasks; unknown ones and those named twice are problems.
  std::vector<Named> task_names(const std::string& path, const Value& value);
  /// Methods and variants that may train one task, or several together.
  std::vector<Named> method_names(const std::string& path, const Value& value, bool is_multi_task);
  void read_methods(Value& methods);
  void read_variant_settings(Value& variants);
  void read_tasks(Value& tasks);
  /// Finds the tasks that the sweep defines; names that cannot be are problems.
  void name_own_tasks();
  void read_own_task(const std::string& name, Value& section);
  void read_labels(const std::string& path, const Value& labels,
                   datasets::TaskDefinition& definition);
  void read_metrics(const std::string& task, const Value& section,
                    datasets::TaskDefinition& definition);
  void read_templates(const std::string& task, const Value& section,
                      datasets::TaskDefinition& definition);
  void read_files(const std::string& task, Value& files);
  void read_overrides(Value& overrides);
  When read_when(Value& when);
  void read_grid(Value& grid);
  void read_zip(Value& zip);
  void read_set(Value& set);
  void read_search_space(Value& space);
  void set_search_value(const Key& key, Value& value);
  void check_search(const Value& section);

  void set_study_value(const Key& key, Value& value);
  /// Adds an assignment for the setting `parts` after checking its value.
  void assign(Layer layer, const std::string& layer_name, const std::vector<std::string>& parts,
              Value& value, const When& when = {});
  bool check(const Key& key, const std::string& path, Value& value);
  void make_absolute(Value& path) const;
  bool require_table(const std::string& name, const Value& value);

  Value& document_;
  Problems& problems_;
  SweepFile sweep_;
  KnownNames known_;
};

/// Leaves of a table as split keys: { train.epochs = 1, "train.batch_size" = 2 } ->
/// {"train", "epochs"}, {"train", "batch_size"}. Values stay in the table.
struct Leaf {
  std::vector<std::string> parts;
  std::string dotted;
  Value* value = nullptr;
};
std::vector<Leaf> leaves_of(Value& table, Problems& problems);

/// Merges --set options into a document: study keys in their place, all others into [set].
void merge_options(const std::vector<std::string>& options, Value& document, Problems& problems);

}  // namespace attempt::config
