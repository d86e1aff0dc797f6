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
  std::int64_t max_source_length = 0;
  std::int64_t max_target_tokens = 0;
  std::int64_t truncated_sources = 0;
};

Lengths measure(const datasets::TaskData& data, std::int64_t max_source_length,
                const datasets::Tokenizer& tokenizer) {
  Lengths lengths{.max_source_length = max_source_length};
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

nlohmann::json to_json(const datasets::Task& task, const datasets::DataRules& rules,
                       const datasets::TaskData& data, const std::optional<Lengths>& lengths) {
  std::int64_t skipped = 0;
  std::vector<std::string> messages;
  for (const datasets::FileReport& report : data.reports) {
    skipped += report.bad;
    messages.insert(messages.end(), report.messages.begin(), report.messages.end());
  }
  nlohmann::json json = {{"task", task.name},
                         {"train", data.counts.train},
                         {"validation", data.counts.validation},
                         {"test", data.counts.test},
                         {"skipped", skipped},
                         {"max_target_tokens", nullptr},
                         {"truncated_sources", nullptr},
                         {"expected", nullptr},
                         {"messages", messages},
                         {"warnings", data.warnings}};
  if (!task.definition) {
    const datasets::SplitCounts official = datasets::expected_counts(task, rules);
    json["expected"] = {
        {"train", official.train}, {"validation", official.validation}, {"test", official.test}};
  }
  if (lengths) {
    json["max_target_tokens"] = lengths->max_target_tokens;
    json["truncated_sources"] = lengths->truncated_sources;
  }
  return json;
}

void print_text(const datasets::Task& task, const datasets::DataRules& rules,
                const datasets::TaskData& data, const std::optional<Lengths>& lengths) {
  const auto row = [&](const char* split, std::int64_t found, std::int64_t expected) {
    const bool is_as_expected = task.definition || found == expected;
    fmt::print("  {:<11} {:>8}{}\n", split, found,
               is_as_expected ? "" : fmt::format("   (official files give {})", expected));
  };
  const datasets::SplitCounts official = datasets::expected_counts(task, rules);
  fmt::print("{} ({})\n", task.name, task.long_id);
  row("train", data.counts.train, official.train);
  row("validation", data.counts.validation, official.validation);
  row("test", data.counts.test, official.test);
  if (lengths) {
    fmt::print("  longest target {} tokens, {} sources longer than {} tokens\n",
               lengths->max_target_tokens, lengths->truncated_sources, lengths->max_source_length);
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
std::vector<const datasets::Task*> asked_tasks(const Arguments& arguments,
                                               const DataSource& source) {
  std::vector<const datasets::Task*> tasks;
  for (const std::string& name : arguments.positionals("TASK")) {
    if (name != "all") {
      tasks.push_back(&source.task(name));
      continue;
    }
    const std::vector<const datasets::Task*> all = source.all_tasks();
    tasks.insert(tasks.end(), all.begin(), all.end());
  }
  return tasks;
}

int check(const Arguments& arguments) {
  const DataSource source(arguments);
  std::optional<datasets::Tokenizer> tokenizer;
  if (const auto file = source.find_tokenizer()) {
    tokenizer.emplace(*file);
  } else {
    fmt::print(stderr, "attempt: no tokenizer (--model), so lengths in tokens are not measured\n");
  }
  const bool as_json = arguments.has("json");
  nlohmann::json checked = nlohmann::json::array();
  int result = kSuccess;
  for (const datasets::Task* task : asked_tasks(arguments, source)) {
    const datasets::DataRules rules = source.load_options(*task).rules;
    const auto check_one = [&] {
      const datasets::TaskData data = source.load(*task);
      std::optional<Lengths> lengths;
      if (tokenizer) lengths = measure(data, source.max_lengths(*task).source, *tokenizer);
      if (as_json) {
        checked.push_back(to_json(*task, rules, data, lengths));
      } else {
        print_text(*task, rules, data, lengths);
      }
    };
    try {  // the other tasks are checked all the same
      check_one();
    } catch (const datasets::DataError& error) {
      result = report_error(error);
    } catch (const config::ConfigError& error) {
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
      .examples = {"attempt data check rte mrpc --data data --model models/t5-base",
                   "attempt data check mytask --sweep study.toml"}};
  spec.options.push_back(
      {"json", "",
       "an array of {task, train, validation, test, skipped, max_target_tokens,\n"
       "truncated_sources, expected: {train, validation, test}, messages, warnings}"});
  return {.spec = spec, .run = check};
}

}  // namespace attempt::cli
