#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "datasets/task_data.h"
#include "datasets/tokenizer.h"
#include "runner/cli/commands.h"
#include "runner/cli/data_options.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

datasets::Split split_named(const std::string& name) {
  for (const auto split :
       {datasets::Split::kTrain, datasets::Split::kValidation, datasets::Split::kTest}) {
    if (datasets::split_name(split) == name) return split;
  }
  throw UsageError("--split is '" + name + "' (must be train, validation or test)");
}

int show_data(const Arguments& arguments) {
  const DataSource source(arguments);
  const datasets::Task& task = source.task(arguments.positional("TASK"));
  const datasets::Split split = split_named(arguments.value("split", "train"));
  const std::int64_t limit = arguments.integer("limit", 5, 0);
  const datasets::Tokenizer tokenizer(source.require_tokenizer());
  const datasets::TaskData data = source.load(task);
  const DataSource::Lengths longest = source.max_lengths(task);

  std::int64_t shown = 0;
  for (const datasets::Example& example : data.split(split)) {
    if (shown++ == limit) break;
    const std::vector<std::int32_t> source_ids = tokenizer.encode(example.source);
    const std::vector<std::int32_t> target_ids = tokenizer.encode(example.target);
    const auto input_ids = datasets::truncate_with_eos(source_ids, longest.source);
    const auto labels = datasets::truncate_with_eos(target_ids, longest.target);
    if (arguments.has("json")) {
      const nlohmann::json line = {
          {"id", example.id},         {"split", datasets::split_name(split)},
          {"source", example.source}, {"target", example.target},
          {"input_ids", input_ids},   {"labels", labels}};
      fmt::print("{}\n", line.dump());
    } else {
      const auto count = [](std::size_t kept, std::size_t all) {
        return kept == all + 1 ? fmt::format("{}", kept)
                               : fmt::format("first {} of {}", kept, all + 1);
      };
      fmt::print("{}  ({} source tokens, {} target tokens)\n  source: {}\n  target: {}\n",
                 example.id, count(input_ids.size(), source_ids.size()),
                 count(labels.size(), target_ids.size()), example.source, example.target);
      for (const std::string& reference : example.references) {
        if (reference != example.target) fmt::print("  also right: {}\n", reference);
      }
    }
  }
  return kSuccess;
}

}  // namespace

Command data_show_command() {
  CommandSpec spec = {
      .name = "data show",
      .summary = "print examples of a task as the model gets them",
      .description =
          "Prints the first examples of a split after templates, clean-ups and splitting, with "
          "their\n"
          "tokens (truncated to the task's lengths, end token included).",
      .positionals = {{"TASK", "a task's name, e.g. rte"}},
      .options = data_options(),
      .examples = {
          "attempt data show rte --data data --model models/t5-base --limit 3",
          "attempt data show squad --data data --model models/t5-base --split test --json"}};
  spec.options.push_back({"split", "S", "train (default), validation or test"});
  spec.options.push_back({"limit", "N", "number of examples (default 5)"});
  spec.options.push_back(
      {"json", "", "a JSON object a line: id, split, source, target, input_ids, labels"});
  return {.spec = spec, .run = show_data};
}

}  // namespace attempt::cli
