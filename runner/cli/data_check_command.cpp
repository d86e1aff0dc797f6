#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/task_data.h"
#include "datasets/tokenizer.h"
#include "runner/cli/commands.h"
#include "runner/cli/data_options.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

/// Token facts of one task; only known when there is a tokenizer.
struct Lengths {
  std::int64_t max_target_tokens = 0;
  std::int64_t truncated_sources = 0;
};

Lengths measure(const datasets::TaskData& data, const datasets::Task& task,
                const datasets::Tokenizer& tokenizer) {
  Lengths lengths;
  for (const auto* split : {&data.train, &data.validation, &data.test}) {
    for (const datasets::Example& example : *split) {
      const auto source = static_cast<std::int64_t>(tokenizer.encode(example.source).size()) + 1;
      const auto target = static_cast<std::int64_t>(tokenizer.encode(example.target).size()) + 1;
      lengths.truncated_sources += source > task.max_source_length ? 1 : 0;
      lengths.max_target_tokens = std::max(lengths.max_target_tokens, target);
    }
  }
  return lengths;
}

nlohmann::json to_json(const datasets::Task& task, const datasets::TaskData& data,
                       const std::optional<Lengths>& lengths) {
  std::int64_t skipped = 0;
  for (const datasets::FileReport& report : data.reports) skipped += report.bad;
  nlohmann::json json = {{"task", task.name},
                         {"train", data.train.size()},
                         {"validation", data.validation.size()},
                         {"test", data.test.size()},
                         {"skipped", skipped},
                         {"max_target_tokens", nullptr},
                         {"truncated_sources", nullptr}};
  if (lengths) {
    json["max_target_tokens"] = lengths->max_target_tokens;
    json["truncated_sources"] = lengths->truncated_sources;
  }
  return json;
}

void print_text(const datasets::Task& task, const datasets::TaskData& data,
                const std::optional<Lengths>& lengths) {
  const auto row = [](const char* split, std::size_t found, std::int64_t expected) {
    const bool is_expected = static_cast<std::int64_t>(found) == expected;
    fmt::print("  {:<11} {:>8}{}\n", split, found,
               is_expected ? "" : fmt::format("   (official files give {})", expected));
  };
  fmt::print("{} ({})\n", task.name, task.long_id);
  row("train", data.train.size(), task.expected.train);
  row("validation", data.validation.size(), task.expected.validation);
  row("test", data.test.size(), task.expected.test);
  if (lengths) {
    fmt::print("  longest target {} tokens, {} sources longer than {} tokens\n",
               lengths->max_target_tokens, lengths->truncated_sources, task.max_source_length);
  }
  for (const datasets::FileReport& report : data.reports) {
    fmt::print("  {}: {} rows, {} used, {} bad, {} unlabelled, {} with an empty text\n",
               report.file, report.rows, report.used, report.bad, report.unlabelled,
               report.empty_text);
    for (const std::string& message : report.messages) fmt::print("    {}\n", message);
  }
  for (const std::string& warning : data.warnings) fmt::print("  warning: {}\n", warning);
}

int check(const Arguments& arguments) {
  const datasets::LoadOptions options = load_options(arguments);
  std::optional<datasets::Tokenizer> tokenizer;
  if (const auto file = find_tokenizer(arguments)) {
    tokenizer.emplace(*file);
  } else {
    fmt::print(stderr, "attempt: no tokenizer (--model), so lengths in tokens are not measured\n");
  }
  nlohmann::json checked = nlohmann::json::array();
  for (const std::string& name : arguments.positionals("TASK")) {
    const datasets::Task& task = task_named(name);
    const datasets::TaskData data = datasets::load_task(task, options);
    std::optional<Lengths> lengths;
    if (tokenizer) lengths = measure(data, task, *tokenizer);
    if (arguments.has("json")) {
      checked.push_back(to_json(task, data, lengths));
    } else {
      print_text(task, data, lengths);
    }
  }
  if (arguments.has("json")) fmt::print("{}\n", checked.dump(1));
  return kSuccess;
}

}  // namespace

Command data_check_command() {
  CommandSpec spec = {
      .name = "data check",
      .summary = "read data sets and count: splits, bad lines, lengths",
      .description =
          "Reads the files of the tasks as a study would, and prints the counts per split beside "
          "the\n"
          "official ones, bad lines with file, line and reason, and lengths in tokens.",
      .positionals = {{"TASK", "one or more tasks, e.g. rte mrpc squad", true, true}},
      .options = data_options(),
      .examples = {"attempt data check rte mrpc --data data --model models/t5-base"}};
  spec.options.push_back(
      {"json", "",
       "an array of {task, train, validation, test, skipped, max_target_tokens,\n"
       "truncated_sources}"});
  return {.spec = spec, .run = check};
}

}  // namespace attempt::cli
