#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>

#include "results/prompt_card.h"
#include "results/publish.h"
#include "results/study_files.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/study_view.h"
#include "runner/cli/usage_error.h"

extern char** environ;

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

/// A folder below the study's tmp/, removed at the end of the scope.
class StagingFolder {
 public:
  explicit StagingFolder(const results::StudyFolder& study)
      : path_(study.tmp() / ("pack." + results::make_run_id())) {
    fs::create_directories(path_);
  }
  ~StagingFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void run_tar(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "tar");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  if (::posix_spawnp(&child, "tar", nullptr, nullptr, argv.data(), environ) != 0) {
    throw EnvironmentError("tar cannot be started (it makes the archive). Install it");
  }
  // 1: a file changed while it was read, as the events of a study that runs.
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    throw EnvironmentError("tar could not write the archive (its message is above)");
  }
}

int pack(const Arguments& arguments) {
  const StudyView study = open_study(arguments.positional("DIR"));
  const results::StudyFolder& folder = study.folder;
  std::vector<std::string> ids;
  for (const StudyTrial& trial : study.trials) ids.push_back(trial.trial_id);
  const std::vector<results::SoundTrial> trials = results::sound_trials(folder, ids);
  const StagingFolder staging(folder);
  std::string sums;
  std::vector<std::string> files = {"sweep.toml", "run/plan.json", "events"};
  for (const results::SoundTrial& trial : trials) {
    const std::string file = "trials/" + trial.trial_id + ".h5";
    sums += trial.digest + "  " + file + "\n";
    files.push_back(file);
    files.push_back(file + ".sha256");
  }
  results::replace_file(staging.path() / "SHA256SUMS", sums);
  if (!trials.empty()) results::write_prompt_cards(folder, ids, staging.path() / "cards");

  const fs::path out = fs::absolute(arguments.value("out", study.name + ".tar.gz"));
  // Same study, same bytes: order, owner and times do not depend on the machine.
  std::vector<std::string> tar = {"-czf",        out.string(),
                                  "--sort=name", "--owner=0",
                                  "--group=0",   "--numeric-owner",
                                  "--mtime=@0",  "--transform=s|^|" + study.name + "/|S",
                                  "-C",          fs::absolute(folder.root()).string()};
  tar.insert(tar.end(), files.begin(), files.end());
  tar.insert(tar.end(), {"-C", fs::absolute(staging.path()).string(), "SHA256SUMS"});
  if (!trials.empty()) tar.emplace_back("cards");
  run_tar(tar);
  fmt::print("{}\n", out.string());
  fmt::print(stderr, "attempt: {} of {} trials packed.\n", trials.size(), study.trials.size());
  return kSuccess;
}

}  // namespace

Command pack_command() {
  return {
      .spec = {.name = "pack",
               .summary = "one archive of a study: trials, sweep, prompt cards, hashes",
               .description =
                   "Writes NAME.tar.gz with the finished trials of the current sweep, the "
                   "sweep, its plan and\nevents, a card for every prompt, and SHA256SUMS (after "
                   "unpacking: sha256sum --check\nSHA256SUMS). The unpacked folder is a study "
                   "folder: report, export and show read it.",
               .positionals = {{"DIR", "folder of the study"}},
               .options = {{"out", "FILE", "the archive; default NAME.tar.gz here"}},
               .examples = {"attempt pack studies/paper --out paper.tar.gz"}},
      .run = pack};
}

}  // namespace attempt::cli
