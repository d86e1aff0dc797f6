#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/task_data.h"
#include "runner/cli/arguments.h"

namespace attempt::cli {

/// Options that `data check` and `data show` share.
std::vector<Option> data_options();

/// --data, --compat and --max-bad-rows. @throws UsageError when --data is missing.
datasets::LoadOptions load_options(const Arguments& arguments);

/// A known task. @throws UsageError naming the closest one.
const datasets::Task& task_named(std::string_view name);

/// spiece.model of --model (a backbone's folder or the file itself), or of the data root's
/// `tokenizer` folder; nothing when neither is there.
std::optional<std::filesystem::path> find_tokenizer(const Arguments& arguments);
/// As find_tokenizer. @throws UsageError when there is none.
std::filesystem::path require_tokenizer(const Arguments& arguments);

}  // namespace attempt::cli
