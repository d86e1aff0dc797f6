#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "results/report/report.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/study_content.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"
#include "runner/search/importance.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

/// The bundle that set-up laid beside the builds (build/plotly), or the one that --plotly names.
std::string read_plotly(const Arguments& arguments) {
  const bool is_given = arguments.has("plotly");
  const fs::path path = is_given ? fs::path(arguments.value("plotly"))
                                 : own_executable().parent_path() / "../../plotly/plotly.min.js";
  std::ifstream in(path, std::ios::binary);
  if (!in && is_given) {
    throw UsageError("--plotly: " + path.string() + " cannot be read (give plotly.min.js)");
  }
  if (!in) return "";
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Studies of one name are told apart by their folders.
void make_names_unique(std::vector<results::StudyContent>& studies) {
  std::map<std::string, int> count;
  for (const results::StudyContent& study : studies) ++count[study.name];
  for (results::StudyContent& study : studies) {
    if (count[study.name] > 1) study.name = study.folder.root().string();
  }
}

/// Optuna's word on the keys of searches, where a Python has it; one that was named must.
void ask_optuna(const Arguments& arguments, std::vector<results::StudyContent>& studies) {
  const std::string python = arguments.value("optuna", "python3");
  for (results::StudyContent& study : studies) {
    const std::string problem = search::add_optuna_importance(python, study.searches);
    if (problem.empty()) continue;
    if (arguments.has("optuna")) {
      throw UsageError("--optuna: " + python + " tells no importance (" + problem + ")");
    }
    return;
  }
}

int report(const Arguments& arguments) {
  const std::vector<std::string> folders = arguments.positionals("DIR");
  std::vector<results::StudyContent> studies;
  for (const std::string& folder : folders) studies.push_back(read_content(open_study(folder)));
  make_names_unique(studies);
  ask_optuna(arguments, studies);
  for (const results::StudyContent& study : studies) {
    for (const results::ReportTrial& trial : study.trials) {
      if (!trial.problem.empty()) fmt::print(stderr, "attempt: left out: {}\n", trial.problem);
    }
    if (study.count(results::TrialStatus::kSucceeded) == 0) {
      fmt::print(stderr, "attempt: {}: no trial has finished yet; the tables say what waits.\n",
                 study.folder.root().string());
    }
  }
  const results::ReportOptions options{.folder = arguments.has("out")
                                                     ? fs::path(arguments.value("out"))
                                                     : studies.front().folder.report(),
                                       .plotly = read_plotly(arguments)};
  if (options.plotly.empty()) {
    fmt::print(stderr,
               "attempt: Plotly's bundle was not found: the page has tables only "
               "(./quickstart --build-only fetches it).\n");
  }
  for (const fs::path& file : results::write_report(studies, options)) {
    fmt::print("{}\n", file.string());
  }
  return kSuccess;
}

}  // namespace

Command report_command() {
  return {.spec = {.name = "report",
                   .summary = "tables (Markdown, CSV, LaTeX) and a page with plots",
                   .description =
                       "Writes DIR/report/index.html, one file that opens without a network, and\n"
                       "DIR/report/tables; prints the files' names. Works while the study runs. "
                       "Several folders\nmake one report, in the first of them. "
                       "docs/reading-results.md explains what it says.",
                   .positionals = {{"DIR", "folder of a study", true, true}},
                   .options = {{"out", "DIR", "write there instead"},
                               {"plotly", "FILE", "plotly.min.js to draw with"},
                               {"optuna", "PYTHON",
                                "ask Optuna of this Python for the importance of a search's keys\n"
                                "(default: python3, where it has Optuna)"}},
                   .examples = {"attempt report studies/paper",
                                "attempt report studies/paper studies/seeds --out both"}},
          .run = report};
}

}  // namespace attempt::cli
