#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

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

/// A run of another machine that says nothing for so long is gone (limits.heartbeat_seconds).
constexpr auto kPatience = std::chrono::seconds(120);

/// Holds the study during a repair, as a run does: none can begin meanwhile.
class RepairHold {
 public:
  explicit RepairHold(const results::StudyFolder& folder)
      : folder_(folder), id_("verify." + results::make_run_id()) {
    const auto held = results::read_holder(folder_);
    if (held && !results::is_known_gone(*held)) {
      fmt::print(stderr, "waiting for a sign of life of {} (at most {} s)\n",
                 results::describe(*held), kPatience.count());
    }
    // Members are asked for first: they end when they see that somebody holds the study.
    auto holder = results::living_member(folder_, kPatience);
    if (!holder) holder = results::take_study(folder_, results::this_process(id_), kPatience);
    if (!holder) {
      holder = results::living_member(folder_, kPatience);  // one that joined meanwhile
      if (!holder) return;
      results::leave_study(folder_, id_);
    }
    throw EnvironmentError(folder.root().string() + ": is being run by " +
                           results::describe(*holder) +
                           " (a repair would move its files). Stop it with `attempt stop " +
                           folder.root().string() + "`");
  }
  ~RepairHold() {
    try {
      results::leave_study(folder_, id_);
    } catch (const std::exception&) {
      // This process is gone in a moment, which the next run sees.
    }
  }
  RepairHold(const RepairHold&) = delete;
  RepairHold& operator=(const RepairHold&) = delete;

 private:
  const results::StudyFolder& folder_;
  std::string id_;
};

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
  std::optional<RepairHold> hold;
  if (repair) hold.emplace(folder);
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
