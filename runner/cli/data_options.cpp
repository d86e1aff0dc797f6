#include "runner/cli/data_options.h"

#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace fs = std::filesystem;

std::vector<Option> data_options() {
  return {
      {"data", "ROOT", "folder of the data sets (layouts: docs/data.md)"},
      {"model", "DIR",
       "backbone folder with spiece.model, or that file\n(default: ROOT/tokenizer/spiece.model)"},
      {"compat", "C", "corrected (default), published or authors"},
      {"max-bad-rows", "N", "bad rows a file may have before it is refused (default 10)"}};
}

datasets::LoadOptions load_options(const Arguments& arguments) {
  if (!arguments.has("data"))
    throw UsageError("--data ROOT is missing (the folder of the data sets)");
  datasets::LoadOptions options;
  options.root = arguments.value("data");
  options.max_bad_rows = arguments.integer("max-bad-rows", options.max_bad_rows, 0);
  try {
    options.rules = datasets::rules_for_compat(arguments.value("compat", "corrected"));
  } catch (const std::invalid_argument& error) {
    throw UsageError(std::string("--compat: ") + error.what());
  }
  return options;
}

const datasets::Task& task_named(std::string_view name) {
  try {
    return datasets::find_task(name);
  } catch (const std::invalid_argument& error) {
    std::vector<std::string> known;
    for (const datasets::Task& task : datasets::all_tasks()) known.push_back(task.name);
    const std::string near = closest_word(std::string(name), known);
    throw UsageError(error.what() + (near.empty() ? "" : ". Did you mean '" + near + "'?"));
  }
}

std::optional<fs::path> find_tokenizer(const Arguments& arguments) {
  if (arguments.has("model")) {
    const fs::path given = arguments.value("model");
    const fs::path file = fs::is_directory(given) ? given / "spiece.model" : given;
    if (!fs::exists(file)) {
      throw UsageError("--model: " + file.string() + " is missing (the tokenizer of the backbone)");
    }
    return file;
  }
  const fs::path beside = fs::path(arguments.value("data")) / "tokenizer" / "spiece.model";
  if (fs::exists(beside)) return beside;
  return std::nullopt;
}

fs::path require_tokenizer(const Arguments& arguments) {
  if (const auto found = find_tokenizer(arguments)) return *found;
  throw UsageError(
      "--model DIR is missing (the backbone's folder, whose spiece.model makes the tokens)");
}

}  // namespace attempt::cli
