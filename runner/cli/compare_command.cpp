#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "runner/cli/commands.h"
#include "runner/cli/study_content.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

/// Trials by what they are about: the same name in two studies is compared.
std::map<std::string, const StudyTrial*> by_name(const StudyView& study) {
  std::map<std::string, const StudyTrial*> trials;
  for (const StudyTrial& trial : study.trials) {
    trials.emplace(trial.phase + ": " + describe(trial), &trial);
  }
  return trials;
}

std::map<std::string, std::string> settings_of(const StudyTrial& trial) {
  std::map<std::string, std::string> settings;
  for (const sweep::ValueOrigin& origin : *trial.values) settings[origin.key] = origin.value;
  return settings;
}

/// Lines "key: a | b" for each setting that differs.
std::vector<std::string> differing_settings(const StudyTrial& a, const StudyTrial& b) {
  const auto of_a = settings_of(a);
  const auto of_b = settings_of(b);
  std::vector<std::string> lines;
  for (const auto& [key, value] : of_a) {
    const auto other = of_b.find(key);
    const std::string text = other == of_b.end() ? "(not set)" : other->second;
    if (text != value) lines.push_back(fmt::format("{}: {} | {}", key, value, text));
  }
  for (const auto& [key, value] : of_b) {
    if (!of_a.contains(key)) lines.push_back(fmt::format("{}: (not set) | {}", key, value));
  }
  return lines;
}

/// Scores of the finished trials of a study.
std::map<std::string, std::vector<results::TaskOutcome>> scores_of(const StudyView& study) {
  std::map<std::string, std::vector<results::TaskOutcome>> scores;
  for (const results::ReportTrial& trial : read_content(study).trials) {
    if (!trial.problem.empty()) fmt::print(stderr, "attempt: left out: {}\n", trial.problem);
    if (trial.record) scores[trial.entry.trial_id] = trial.outcomes;
  }
  return scores;
}

std::vector<std::string> differing_scores(const StudyTrial& trial,
                                          const std::vector<results::TaskOutcome>& a,
                                          const std::vector<results::TaskOutcome>& b) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!a[i].score || !b[i].score || *a[i].score == *b[i].score) continue;
    lines.push_back(fmt::format("{} {}: {:.2f} | {:.2f} ({:+.2f})", trial.tasks.at(i),
                                trial.metrics.at(i), *a[i].score, *b[i].score,
                                *b[i].score - *a[i].score));
  }
  return lines;
}

void print_missing(const std::string& name, const std::map<std::string, const StudyTrial*>& trials,
                   const std::map<std::string, const StudyTrial*>& others) {
  for (const auto& [text, trial] : trials) {
    if (!others.contains(text)) fmt::print("only in {}: {}\n", name, text);
  }
}

int compare(const Arguments& arguments) {
  const StudyView a = open_study(arguments.positional("DIR_A"));
  const StudyView b = open_study(arguments.positional("DIR_B"));
  const auto trials_a = by_name(a);
  const auto trials_b = by_name(b);
  const auto scores_a = scores_of(a);
  const auto scores_b = scores_of(b);
  print_missing("A", trials_a, trials_b);
  print_missing("B", trials_b, trials_a);
  std::size_t both = 0;
  std::size_t same = 0;
  for (const auto& [text, trial] : trials_a) {
    const auto other = trials_b.find(text);
    if (other == trials_b.end()) continue;
    ++both;
    std::vector<std::string> lines = differing_settings(*trial, *other->second);
    const auto score_a = scores_a.find(trial->trial_id);
    const auto score_b = scores_b.find(other->second->trial_id);
    if (score_a == scores_a.end() || score_b == scores_b.end()) {
      if (score_a != scores_a.end()) lines.emplace_back("finished in A only");
      if (score_b != scores_b.end()) lines.emplace_back("finished in B only");
    } else {
      const auto scores = differing_scores(*trial, score_a->second, score_b->second);
      lines.insert(lines.end(), scores.begin(), scores.end());
    }
    if (lines.empty()) {
      ++same;
      continue;
    }
    fmt::print("{}\n  {}\n", text, fmt::join(lines, "\n  "));
  }
  fmt::print("A: {} trials, B: {} trials; {} in both, of which {} are alike.\n", trials_a.size(),
             trials_b.size(), both, same);
  return kSuccess;
}

}  // namespace

Command compare_command() {
  return {
      .spec = {.name = "compare",
               .summary = "which trials, settings and scores of two studies differ",
               .description = "Trials are matched by method, tasks and seed; prints what only one "
                              "study has, and for the\nothers every setting and score that "
                              "differs, as \"A | B\".",
               .positionals = {{"DIR_A", "folder of a study"}, {"DIR_B", "folder of another"}},
               .options = {},
               .examples = {"attempt compare studies/paper studies/paper_again"}},
      .run = compare};
}

}  // namespace attempt::cli
