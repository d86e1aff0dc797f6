#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/run_holder.h"
#include "results/study_check.h"
#include "results/study_members.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

results::StudyFolder study_folder(const Arguments& arguments) {
  const results::StudyFolder folder(arguments.positional("DIR"));
  if (!fs::is_directory(folder.trials()) && !fs::is_directory(folder.events())) {
    throw UsageError(folder.root().string() +
                     " is not the folder of a study (it holds neither trials/ nor events/). Give "
                     "the folder that `attempt run` printed, or that its --out named");
  }
  return folder;
}

void require_nobody(const results::StudyFolder& folder) {
  for (const results::RunHolder& member : results::read_members(folder)) {
    if (results::is_known_gone(member)) continue;
    throw EnvironmentError(
        folder.root().string() + ": " + results::describe(member) +
        " has joined it (a repair would move its files). Stop it with `attempt "
        "stop`, or remove " +
        (folder.root() / "run" / ("member." + member.run_id + ".json")).string() +
        " if it is gone");
  }
  const auto holder = results::read_holder(folder);
  if (!holder || results::is_known_gone(*holder)) return;
  throw EnvironmentError(
      folder.root().string() + ": is held by " + results::describe(*holder) +
      " (a repair would move its files). Stop it with `attempt stop`, or remove " +
      (folder.root() / "run" / ("holder." + std::to_string(holder->number) + ".json")).string() +
      " if it is gone");
}

nlohmann::json to_json(const results::StudyCheck& check) {
  nlohmann::json findings = nlohmann::json::array();
  for (const results::Finding& finding : check.findings) {
    findings.push_back({{"file", finding.file.string()},
                        {"defect", results::defect_name(finding.defect)},
                        {"problem", finding.problem},
                        {"repair", finding.repair},
                        {"repaired", finding.is_repaired}});
  }
  return {{"checked", check.checked}, {"findings", std::move(findings)}};
}

int verify(const Arguments& arguments) {
  const results::StudyFolder folder = study_folder(arguments);
  const bool repair = arguments.has("repair");
  if (repair) require_nobody(folder);
  const results::StudyCheck check = results::check_study(folder, repair);
  const auto open = std::count_if(check.findings.begin(), check.findings.end(),
                                  [](const auto& finding) { return !finding.is_repaired; });
  if (arguments.has("json")) {
    fmt::print("{}\n", to_json(check).dump(1));
  } else {
    for (const results::Finding& finding : check.findings) {
      fmt::print("{:<12}  {}: {} ({}{})\n", results::defect_name(finding.defect),
                 finding.file.string(), finding.problem,
                 finding.is_repaired ? "" : "repair: ", finding.repair);
    }
    fmt::print("{} files checked, {} findings{}\n", check.checked, check.findings.size(),
               repair ? fmt::format(", {} repaired",
                                    check.findings.size() - static_cast<std::size_t>(open))
                      : "");
  }
  return open == 0 ? kSuccess : kTrialsFailed;
}

}  // namespace

Command verify_command() {
  return {.spec = {.name = "verify",
                   .summary = "check every file of a study against its digest, repair what can be",
                   .description =
                       "Compares trial files, checkpoints, events, plan and results.h5 with the "
                       "digests kept of them.\n"
                       "Exit code 0: all is sound, or was repaired; 1: not.\n\n"
                       "--repair rebuilds digest files, event files and results.h5 from what is "
                       "sound, moves damaged trials\n"
                       "to damaged/ and removes damaged checkpoints: the same `attempt run` then "
                       "makes again what is missing.",
                   .positionals = {{"DIR", "folder of the study"}},
                   .options = {{"repair", "", "rebuild what can be rebuilt"},
                               {"json", "", "print JSON instead of text"}},
                   .examples = {"attempt verify studies/paper",
                                "attempt verify studies/paper --repair"}},
          .run = verify};
}

}  // namespace attempt::cli
