#include <nlohmann/json.hpp>

#include "results/study_files.h"
#include "runner/cli/commands.h"
#include "runner/cli/trainer_work.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

using nlohmann::json;

const Option kAnyBase = {"any-base", "",
                         "take it although it names another backbone, where the shapes fit"};

/// A request with the options that were given under these names ("any-base" as any_base).
json request_of(const char* work, const Arguments& arguments,
                std::initializer_list<const char*> options) {
  json request = {{"work", work}};
  for (const char* option : options) {
    if (arguments.has(option)) request[option] = arguments.value(option);
  }
  request["any_base"] = arguments.has("any-base");
  return request;
}

int inspect(const Arguments& arguments) {
  json request = request_of("inspect", arguments, {"model"});
  request["files"] = arguments.positionals("FILE");
  request["json"] = arguments.has("json");
  become_trainer(request);
}

int import(const Arguments& arguments) {
  if (!arguments.has("model")) {
    throw UsageError("--model is missing (the backbone that the prompt was trained with)");
  }
  json request = request_of("import", arguments, {"model", "task"});
  request["file"] = arguments.positional("FILE");
  request["out"] = arguments.value("out", "imported.h5");
  become_trainer(request);
}

int export_prompt(const Arguments& arguments) {
  json request = request_of("export", arguments, {"model", "base", "task"});
  request["file"] = arguments.positional("FILE");
  const std::string format = arguments.value("format", "peft");
  if (format != "peft" && format != "safetensors" && format != "npy") {
    throw UsageError("--format is '" + format + "' (must be peft, safetensors or npy)");
  }
  if (!arguments.has("out")) throw UsageError("--out is missing (where to write)");
  request["format"] = format;
  request["out"] = arguments.value("out");
  become_trainer(request);
}

int similarity(const Arguments& arguments) {
  json request = request_of("similarity", arguments, {});
  request["files"] = arguments.positionals("FILE");
  if (arguments.has("study")) {
    const results::StudyFolder study(arguments.value("study"));
    for (const std::string& trial_id : results::published_trials(study)) {
      request["files"].push_back(study.trial(trial_id).string());
    }
  }
  if (request["files"].empty()) throw UsageError("FILE or --study is missing (whose prompts)");
  const std::string format = arguments.value("format", "table");
  if (format != "table" && format != "csv" && format != "json") {
    throw UsageError("--format is '" + format + "' (must be table, csv or json)");
  }
  request["format"] = format;
  become_trainer(request);
}

}  // namespace

Command prompt_inspect_command() {
  return {
      .spec =
          {.name = "prompt inspect",
           .summary = "what prompts and adapters of anybody hold",
           .description =
               "Reads trained tensors and prints what they are: files of trials (.h5), prompts "
               "(.pt, .bin, .npy,\n"
               ".safetensors) and PEFT folders for T5. A torch file is looked at before LibTorch "
               "reads it: one that\n"
               "calls for anything but tensors is refused, and nothing in it is executed.",
           .positionals = {{"FILE", "files or PEFT folders", true, true}},
           .options = {{"model", "DIR", "backbone that they shall fit"},
                       kAnyBase,
                       {"json", "", "an array of objects: file, format, method, tensors, notes"}},
           .examples = {"attempt prompt inspect prompts/record_prefix_embeddings.pt",
                        "attempt prompt inspect studies/paper/trials/3f2a….h5 --json"}},
      .run = inspect};
}

Command prompt_import_command() {
  return {
      .spec = {.name = "prompt import",
               .summary = "take a prompt or adapter of others as a file of this program",
               .description =
                   "Writes tensors that others trained as an HDF5 file like a trial's, after "
                   "checking them against the\n"
                   "backbone: for `attempt eval`, `predict`, `prompt export` and [sources] prompts "
                   "of a sweep.",
               .positionals = {{"FILE", "file or PEFT folder"}},
               .options = {{"model", "DIR", "backbone that it was trained with"},
                           {"task", "TASK", "task that it was trained for"},
                           {"out", "FILE.h5", "where to write (default imported.h5)"},
                           kAnyBase},
               .examples = {"attempt prompt import peft_folder --model models/t5-base --task sst2 "
                            "--out sst2.h5"}},
      .run = import};
}

Command prompt_export_command() {
  return {
      .spec =
          {.name = "prompt export",
           .summary = "write trained tensors for PEFT, as safetensors or .npy",
           .description =
               "Writes what a trial trained (or was imported) for other programs. A PEFT folder "
               "gives the same\n"
               "predictions there: prompt tuning, SPoT, P-Tuning, LoRA, IA3, and prefix tuning "
               "with layout = \"peft\".",
           .positionals = {{"FILE", "file of a trial, or anything that inspect reads"}},
           .options = {{"format", "F", "peft (default), safetensors or npy"},
                       {"out", "PATH", "folder (peft) or file to write"},
                       {"model", "DIR", "the backbone's folder (default: as the file says)"},
                       {"base", "NAME",
                        "what PEFT shall load as the backbone (default: that folder)"},
                       {"task", "TASK", "of a model of several tasks: whose prompt"}},
           .examples = {"attempt prompt export studies/paper/trials/3f2a….h5 --out sst2_peft"}},
      .run = export_prompt};
}

Command prompt_similarity_command() {
  return {.spec = {.name = "prompt similarity",
                   .summary = "how alike prompts are, and whether attention and transfer agree",
                   .description = "Cosines between prompts: of the means of their rows, of all "
                                  "pairs of rows, row by row "
                                  "(a sum), and of the\n"
                                  "greatest values of the columns. With the trials of a study also "
                                  "the attention of its "
                                  "targets to its sources\n"
                                  "(test split), what SPoT gained by starting from a named source, "
                                  "and rank correlations "
                                  "between these.",
                   .positionals = {{"FILE", "anything that inspect reads", false, true}},
                   .options = {{"study", "DIR", "all finished trials of a study"},
                               {"format", "F", "table (default), csv or json"}},
                   .examples = {"attempt prompt similarity --study studies/paper --format csv",
                                "attempt prompt similarity a.npy b.pt peft_folder"}},
          .run = similarity};
}

}  // namespace attempt::cli
