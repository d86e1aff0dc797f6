#include "results/report/trial_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "results/report/text_table.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr int kLogLines = 15;
constexpr std::streamoff kLogBytes = 16 << 10;
/// Failures shown with their logs; a study that fails as a whole fails for one reason.
constexpr std::size_t kShownFailures = 50;

std::string status_text(TrialStatus status) {
  switch (status) {
    case TrialStatus::kWaiting:
      return "waiting";
    case TrialStatus::kRunning:
      return "running";
    case TrialStatus::kSucceeded:
      return "succeeded";
    case TrialStatus::kFailed:
      return "failed";
  }
  return "";
}

std::string provenance_text(const TrialRecord& record) {
  const auto json = nlohmann::json::parse(record.provenance, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> parts;
  for (const char* key : {"commit", "device", "host", "libtorch", "run_id"}) {
    if (json.is_object() && json.contains(key) && json[key].is_string()) {
      parts.push_back(fmt::format("{} {}", key, json[key].get<std::string>()));
    }
  }
  if (!record.exact) parts.emplace_back("not an exact resume");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string scores_text(const ReportTrial& trial) {
  std::string text;
  for (std::size_t i = 0; i < trial.outcomes.size(); ++i) {
    if (!trial.outcomes[i].score) continue;
    text += fmt::format("{}{} {} {:.2f}", text.empty() ? "" : ", ", trial.entry.tasks[i],
                        trial.entry.metrics.at(i), *trial.outcomes[i].score);
  }
  return text;
}

/// As one word of a POSIX shell.
std::string quoted(const std::string& text) {
  constexpr char kPlain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:=@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

/// The line that runs this very trial again; without its specification, the one that runs its
/// study.
std::string command_of(const StudyContent& study, const ReportTrial& trial) {
  const fs::path spec = study.folder.specs() / (trial.entry.trial_id + ".json");
  if (fs::exists(spec)) return "attempt trial " + quoted(fs::absolute(spec).string());
  const std::string root = fs::absolute(study.folder.root()).lexically_normal().string();
  return "attempt run " + quoted(root + "/sweep.toml") + " --out " + quoted(root);
}

std::string link_to(const fs::path& file, const fs::path& page_folder, const std::string& text) {
  const fs::path relative = fs::absolute(file).lexically_proximate(fs::absolute(page_folder));
  return "<a href=\"" + escape_html(relative.string()) + "\">" + text + "</a>";
}

std::string cell(const std::string& text) {
  return "<td class=\"text\">" + escape_html(text) + "</td>";
}

void add_line(std::string& html, const StudyContent& study, const ReportTrial& trial,
              const fs::path& page_folder) {
  const StudyEntry& entry = trial.entry;
  html += fmt::format("\n<tr id=\"trial-{0}\"><th scope=\"row\"><code>{0}</code></th>",
                      escape_html(entry.trial_id));
  html += cell(entry.label.empty() ? entry.method : entry.label) +
          cell(fmt::format("{}", fmt::join(entry.tasks, "+")) +
               (entry.few_shot_k > 0 ? fmt::format(", k = {}", entry.few_shot_k) : "")) +
          cell(std::to_string(entry.seed)) + cell(status_text(entry.status)) +
          cell(scores_text(trial));
  if (!trial.record) {
    html += cell(trial.problem.empty() ? entry.reason : trial.problem) +
            "<td></td><td></td><td></td></tr>";
    return;
  }
  html += cell(fmt::format("{}", fmt::join(trial.findings, "; "))) +
          cell(provenance_text(*trial.record)) + "<td class=\"text\"><code>" +
          escape_html(command_of(study, trial)) + "</code></td><td>" +
          link_to(study.folder.trial(entry.trial_id), page_folder, "file") + " " +
          link_to(study.folder.trial_log(entry.trial_id), page_folder, "log") + "</td></tr>";
}

/// The last lines of a log, of which no more than kLogBytes are read.
std::string log_end(const fs::path& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return "";
  const std::streamoff size = in.tellg();
  const std::streamoff from = std::max<std::streamoff>(0, size - kLogBytes);
  in.seekg(from);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  in.read(text.data(), size - from);
  text.resize(static_cast<std::size_t>(in.gcount()));
  while (text.ends_with('\n')) text.pop_back();
  std::size_t start = text.size();
  for (int line = 0; line < kLogLines && start != std::string::npos && start > 0; ++line) {
    start = text.rfind('\n', start - 1);
  }
  // Shorter than so many lines: all of it, without the half line that reading began in.
  if (start == std::string::npos) start = from > 0 ? text.find('\n') : std::string::npos;
  return start == std::string::npos ? text : text.substr(start + 1);
}

}  // namespace

std::string trial_list(const std::vector<StudyContent>& studies, const fs::path& page_folder) {
  std::string html;
  for (const StudyContent& study : studies) {
    html +=
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"Trials\"><table><caption>" +
        escape_html(study.name + ": " + study.folder.root().string()) + "</caption><thead><tr>";
    for (const char* column : {"trial", "method", "tasks", "seed", "status", "scores",
                               "findings or reason", "made by", "command", "files"}) {
      html += fmt::format("<th scope=\"col\">{}</th>", column);
    }
    html += "</tr></thead><tbody>";
    for (const ReportTrial& trial : study.trials) add_line(html, study, trial, page_folder);
    html += "</tbody></table></div>\n";
  }
  return html;
}

std::string failure_list(const std::vector<StudyContent>& studies) {
  std::string html;
  std::size_t count = 0;
  for (const StudyContent& study : studies) {
    for (const ReportTrial& trial : study.trials) {
      const bool is_failed = trial.entry.status == TrialStatus::kFailed;
      if (!is_failed && trial.problem.empty()) continue;
      if (++count > kShownFailures) continue;
      html += fmt::format(
          "<h3><a href=\"#trial-{0}\"><code>{0}</code></a> {1} on {2}, seed {3}</h3><p>{4}</p>\n",
          escape_html(trial.entry.trial_id), escape_html(trial.entry.label),
          escape_html(fmt::format("{}", fmt::join(trial.entry.tasks, "+"))), trial.entry.seed,
          escape_html(is_failed ? trial.entry.reason : trial.problem));
      const std::string log = log_end(study.folder.trial_log(trial.entry.trial_id));
      if (!log.empty()) html += "<pre tabindex=\"0\">" + escape_html(log) + "</pre>\n";
    }
  }
  if (count > kShownFailures) {
    html +=
        fmt::format("<p>{} more: the list of trials has them all.</p>\n", count - kShownFailures);
  }
  return html;
}

}  // namespace attempt::results
