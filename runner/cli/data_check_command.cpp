#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/data_error.h"
#include "datasets/split_rules.h"
#include "datasets/task_data.h"
#include "datasets/tokenizer.h"
#include "runner/cli/commands.h"
#include "runner/cli/data_options.h"
#include "runner/cli/errors.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

/// Token facts of one task; only known when there is a tokenizer.
struct Lengths {
  std::int64_t max_target_tokens = 0;
  std::int64_t truncated_sources = 0;
};

Lengths measure(const datasets::TaskData& data, std::int64_t max_source_length,
                const datasets::Tokenizer& tokenizer) {
  Lengths lengths;
  for (const auto* split : {&data.train, &data.validation, &data.test}) {
    for (const datasets::Example& example : *split) {
      const auto source = static_cast<std::int64_t>(tokenizer.encode(example.source).size()) + 1;
      const auto target = static_cast<std::int64_t>(tokenizer.encode(example.target).size()) + 1;
      lengths.truncated_sources += source > max_source_length ? 1 : 0;
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
                         {"train", data.counts.train},
                         {"validation", data.counts.validation},
                         {"test", data.counts.test},
                         {"skipped", skipped},
                         {"max_target_tokens", nullptr},
                         {"truncated_sources", nullptr}};
  if (lengths) {
    json["max_target_tokens"] = lengths->max_target_tokens;
    json["truncated_sources"] = lengths->truncated_sources;
  }
  return json;
}

void print_text(const datasets::Task& task, const datasets::DataRules& rules,
                const datasets::TaskData& data, const std::optional<Lengths>& lengths) {
  const auto row = [](const char* split, std::int64_t found, std::int64_t expected) {
    fmt::print("  {:<11} {:>8}{}\n", split, found,
               found == expected ? "" : fmt::format("   (official files give {})", expected));
  };
  const datasets::SplitCounts official = datasets::expected_counts(task, rules);
  fmt::print("{} ({})\n", task.name, task.long_id);
  row("train", data.counts.train, official.train);
  row("validation", data.counts.validation, official.validation);
  row("test", data.counts.test, official.test);
  if (lengths) {
    fmt::print("  longest target {} tokens, {} sources longer than {} tokens\n",
               lengths->max_target_tokens, lengths->truncated_sources,
               datasets::max_source_length(task, rules));
  }
  for (const datasets::FileReport& report : data.reports) {
    fmt::print("  {}: {} rows, {} examples, {} bad rows, {} unlabelled, {} with an empty text",
               report.file, report.rows, report.used, report.bad, report.unlabelled,
               report.empty_text);
    if (report.skipped > 0) fmt::print(", {} of no use", report.skipped);
    if (report.span_not_found > 0) fmt::print(", {} without a mark", report.span_not_found);
    if (report.special_literal > 0)
      fmt::print(", {} with the name of a special token", report.special_literal);
    fmt::print("\n");
    for (const std::string& message : report.messages) fmt::print("    {}\n", message);
  }
  for (const std::string& warning : data.warnings) fmt::print("  warning: {}\n", warning);
}

/// The named tasks; "all" stands for every one.
std::vector<const datasets::Task*> asked_tasks(const Arguments& arguments) {
  std::vector<const datasets::Task*> tasks;
  for (const std::string& name : arguments.positionals("TASK")) {
    if (name != "all") {
      tasks.push_back(&task_named(name));
      continue;
    }
    for (const datasets::Task& task : datasets::all_tasks()) tasks.push_back(&task);
  }
  return tasks;
}

int check(const Arguments& arguments) {
  const datasets::LoadOptions options = load_options(arguments);
  std::optional<datasets::Tokenizer> tokenizer;
  if (const auto file = find_tokenizer(arguments)) {
    tokenizer.emplace(*file);
  } else {
    fmt::print(stderr, "attempt: no tokenizer (--model), so lengths in tokens are not measured\n");
  }
  const bool as_json = arguments.has("json");
  nlohmann::json checked = nlohmann::json::array();
  int result = kSuccess;
  for (const datasets::Task* task : asked_tasks(arguments)) {
    try {
      const datasets::TaskData data = datasets::load_task(*task, options);
      std::optional<Lengths> lengths;
      if (tokenizer)
        lengths = measure(data, datasets::max_source_length(*task, options.rules), *tokenizer);
      if (as_json) {
        checked.push_back(to_json(*task, data, lengths));
      } else {
        print_text(*task, options.rules, data, lengths);
      }
    } catch (const datasets::DataError& error) {  // the other tasks are checked all the same
      result = report_error(error);
    }
  }
  if (as_json) fmt::print("{}\n", checked.dump(1));
  return result;
}

}  // namespace

Command data_check_command() {
  CommandSpec spec = {
      .name = "data check",
      .summary = "read data sets and count: splits, bad lines, lengths",
      .description =
          "Reads the files of the tasks as a study would, and prints the counts per split beside "
          "the\n"
          "official ones, bad lines with file, line and reason, and lengths in tokens. Tasks that\n"
          "cannot be read are named, and the exit code is then 2.",
      .positionals = {{"TASK", "one or more tasks, e.g. rte mrpc squad; all: every one", true,
                       true}},
      .options = data_options(),
      .examples = {"attempt data check rte mrpc --data data --model models/t5-base"}};
  spec.options.push_back(
      {"json", "",
       "an array of {task, train, validation, test, skipped, max_target_tokens,\n"
       "truncated_sources}"});
  return {.spec = spec, .run = check};
}

}  // namespace attempt::cli
