#include <nlohmann/json.hpp>

#include "runner/cli/commands.h"
#include "runner/cli/trainer_work.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

using nlohmann::json;

const std::vector<Option> kServingOptions = {
    {"model", "DIR", "the backbone, loaded once"},
    {"trial", "FILE.h5", "a trained file; more may follow it", true},
    {"task", "TASK", "task of files that name none (imported prompts)"},
    {"study", "DIR", "study with the source prompts (default: the file's own, FILE/../..)"},
    {"remove-source", "NAME", "leave a source prompt out of an ATTEMPT mixture", true},
    {"add-source", "NAME=FILE", "add one: any file that `prompt inspect` reads", true},
    {"any-base", "", "take files that name another backbone, where the shapes fit"}};

std::vector<Option> with_serving_options(std::vector<Option> options) {
  options.insert(options.begin(), kServingOptions.begin(), kServingOptions.end());
  return options;
}

json request_of(const char* work, const Arguments& arguments) {
  if (!arguments.has("model")) throw UsageError("--model is missing (the backbone's folder)");
  json request = {{"work", work}, {"any_base", arguments.has("any-base")}};
  for (const char* option : {"model", "data", "split", "task", "study", "predictions"}) {
    if (arguments.has(option)) request[option] = arguments.value(option);
  }
  request["files"] = arguments.values("trial");
  request["remove"] = arguments.values("remove-source");
  request["add"] = arguments.values("add-source");
  request["json"] = arguments.has("json");
  return request;
}

int evaluate(const Arguments& arguments) {
  json request = request_of("eval", arguments);
  for (const std::string& file : arguments.positionals("FILE")) request["files"].push_back(file);
  if (request["files"].empty()) throw UsageError("--trial is missing (which trained file)");
  request["leave_one_out"] = arguments.has("leave-one-out");
  become_trainer(request);
}

int predict(const Arguments& arguments) {
  json request = request_of("predict", arguments);
  request["input"] = "-";
  for (const std::string& file : arguments.positionals("FILE")) {
    if (file.ends_with(".h5")) {  // of `--trial studies/paper/trials/*.h5`
      request["files"].push_back(file);
    } else if (request["input"] == "-") {
      request["input"] = file;
    } else {
      throw UsageError("'" + file + "' is a second file of lines (one at a time)");
    }
  }
  if (request["files"].empty()) throw UsageError("--trial is missing (which trained file)");
  become_trainer(request);
}

}  // namespace

Command eval_command() {
  return {
      .spec =
          {.name = "eval",
           .summary = "evaluate trained files, several tasks and methods on one loaded backbone",
           .description =
               "Evaluates what trials trained (or `prompt import` took) on a split of their tasks, "
               "with their own\n"
               "settings of data and lengths: on the test split the metrics are those of the "
               "trial. "
               "A source prompt that\n"
               "is removed or added changes the mixture without training; with --leave-one-out "
               "every "
               "one is left out in turn.",
           .positionals = {{"FILE", "further trained files", false, true}},
           .options = with_serving_options(
               {{"data", "ROOT", "data root (default: where the trials had theirs)"},
                {"split", "S", "test (default), validation or train"},
                {"leave-one-out", "", "also without each source prompt in turn"},
                {"predictions", "FILE",
                 "a JSON object a line: trial, task, id, prediction, target"},
                {"json", "", "an array of objects: trial, task, split, metrics, attention"}}),
           .examples = {"attempt eval --model models/t5-base --data data --trial "
                        "studies/paper/trials/*.h5 --json"}},
      .run = evaluate};
}

Command predict_command() {
  return {
      .spec =
          {.name = "predict",
           .summary = "label lines of text with trained files",
           .description =
               "Reads lines `task<TAB>text` (the task may be left out where the files have one) "
               "and "
               "prints for each\n"
               "`task<TAB>prediction`, and for ATTEMPT the attention over its source prompts. The "
               "text is what `attempt\n"
               "data show` calls the source, with or without the task's name in front.",
           .positionals = {{"FILE", "file of lines, or - for standard input (default)", false,
                            true}},
           .options =
               with_serving_options({{"json", "",
                                      "a JSON object a line: line, task, text, prediction, trial, "
                                      "attention"}}),
           .examples = {"attempt predict --model models/t5-base --trial rte.h5 lines.tsv",
                        "echo 'a fine film' | attempt predict --model models/t5-base --trial "
                        "sst2.h5"}},
      .run = predict};
}

}  // namespace attempt::cli
