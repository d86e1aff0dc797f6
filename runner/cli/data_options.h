#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/task_data.h"
#include "runner/cli/arguments.h"
#include "runner/config/sweep_file.h"

namespace attempt::cli {

/// Options that `data check` and `data show` share.
std::vector<Option> data_options();

/// Where tasks and their files come from: --data alone, or the sweep of --sweep with what it
/// defines.
class DataSource {
 public:
  /// @throws UsageError when neither --data nor --sweep is there; config::ConfigError.
  explicit DataSource(const Arguments& arguments);

  /// A task of the sweep's own, or a built-in one. @throws UsageError naming the closest one.
  const datasets::Task& task(const std::string& name) const;
  /// The built-in tasks and the sweep's own.
  std::vector<const datasets::Task*> all_tasks() const;
  /// Root, rules and limits, and the files that the sweep names for a task.
  datasets::LoadOptions load_options(const datasets::Task& task) const;

  /// Longest source and target in tokens, end token included: the task's own, or what [task.NAME]
  /// of the sweep says.
  struct Lengths {
    std::int64_t source = 0;
    std::int64_t target = 0;
  };
  Lengths max_lengths(const datasets::Task& task) const;

  /// spiece.model of --model (a backbone's folder or the file itself), of the sweep's model, or of
  /// the data root's `tokenizer` folder; nothing where it is not there.
  std::optional<std::filesystem::path> find_tokenizer() const;
  /// As find_tokenizer. @throws UsageError when there is none.
  std::filesystem::path require_tokenizer() const;

  /// Reads a task. @throws datasets::DataError; config::ConfigError with the place in the sweep
  /// when a definition does not fit its files.
  datasets::TaskData load(const datasets::Task& task) const;

 private:
  std::optional<config::SweepFile> sweep_;
  datasets::LoadOptions options_;
  std::string model_;  ///< folder or file; may be empty
  bool is_model_given_ = false;
};

}  // namespace attempt::cli
