#include "results/study_check.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "results/abandoned.h"
#include "results/event_line.h"
#include "results/publish.h"
#include "results/sealed_text.h"
#include "results/study_check_parts.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Lines that are not what was written; without them the history is sound.
void check_event_file(const fs::path& path, Checking& checking) {
  ++checking.result.checked;
  std::ifstream in(path, std::ios::binary);
  std::string sound;
  std::int64_t damaged = 0;
  bool has_end = true;
  for (std::string line; std::getline(in, line);) {
    has_end = !in.eof();
    if (line.empty()) continue;
    if (decode_event(line)) {
      sound += line + "\n";
    } else {
      ++damaged;
    }
  }
  if (damaged == 0 && has_end) return;
  checking.report(
      {path, Defect::kDamaged, std::to_string(damaged) + " line(s) are not what was written",
       "left out of the file; the state is folded from the rest and the files"},
      [&] { write_file_atomically(path, sound); });
}

void check_texts(Checking& checking) {
  const StudyFolder& folder = checking.folder;
  const auto check = [&](const fs::path& path, auto seal_of, const std::string& repair,
                         const std::function<void()>& action) {
    ++checking.result.checked;
    const TextSeal seal = seal_of(read_text(path));
    if (seal == TextSeal::kSound) return;
    checking.report({path, seal == TextSeal::kNone ? Defect::kUnverifiable : Defect::kDamaged,
                     seal == TextSeal::kNone ? "holds no digest of itself"
                                             : "its content is not that of its SHA-256",
                     repair},
                    action);
  };
  const auto json_seal = [](const std::string& text) { return check_json_seal(text, 1); };
  const auto remove = [](const fs::path& path) { return [path] { fs::remove(path); }; };
  // The next `attempt run` writes both again.
  const fs::path plan = folder.root() / "run" / "plan.json";
  if (fs::exists(plan)) check(plan, json_seal, "written by the next `attempt run`", {});
  if (fs::exists(folder.sweep())) {
    check(folder.sweep(), check_lines_seal, "written by the next `attempt run`", {});
  }
  for (const fs::path& path : files_in(folder.failed_folder())) {
    if (path.extension() != ".json") continue;
    check(path, json_seal, "removed; the trial runs again", remove(path));
  }
  for (const fs::path& path : files_in(folder.specs())) {
    if (path.extension() != ".json") continue;
    check(path, json_seal, "removed; written again for the next attempt", remove(path));
  }
}

void check_abandoned(Checking& checking) {
  for (const fs::path& path : temporary_files(checking.folder)) {
    ++checking.result.checked;
    checking.report({path, Defect::kAbandoned, "its writer is gone", "removed"},
                    [&] { fs::remove(path); });
  }
}

}  // namespace

std::string defect_name(Defect defect) {
  switch (defect) {
    case Defect::kDamaged:
      return "damaged";
    case Defect::kMissing:
      return "missing";
    case Defect::kUnverifiable:
      return "unverifiable";
    case Defect::kStale:
      return "stale";
    case Defect::kAbandoned:
      return "abandoned";
  }
  return "";
}

void Checking::report(Finding finding, const std::function<void()>& action) {
  if (is_repairing && action) {
    action();
    finding.is_repaired = true;
  }
  finding.file = finding.file.lexically_relative(folder.root());
  result.findings.push_back(std::move(finding));
}

StudyCheck check_study(const StudyFolder& folder, bool repair) {
  Checking checking{folder, repair, {}};
  if (repair) folder.create();
  for (const fs::path& path : files_in(folder.events())) {
    if (path.extension() == ".jsonl") check_event_file(path, checking);
  }
  const std::vector<std::string> sound = check_trials(checking);
  check_checkpoints(checking);
  check_texts(checking);
  check_abandoned(checking);
  check_results_file(sound, checking);
  return checking.result;
}

}  // namespace attempt::results
