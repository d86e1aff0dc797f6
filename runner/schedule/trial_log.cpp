#include "runner/schedule/trial_log.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace attempt::schedule {

namespace {

constexpr std::size_t kEvidenceLines = 20;
constexpr std::size_t kEvidenceBytes = 16384;

}  // namespace

std::vector<std::string> copy_log(const std::filesystem::path& trainer_log,
                                  const std::filesystem::path& trial_log,
                                  const std::string& title) {
  std::ifstream in(trainer_log, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  const std::string text = content.str();
  std::ofstream out(trial_log, std::ios::binary | std::ios::app);
  out << "--- " << title << '\n' << text;
  if (!text.empty() && text.back() != '\n') out << '\n';

  const std::size_t start = text.size() - std::min(text.size(), kEvidenceBytes);
  std::istringstream lines(text.substr(start));
  std::vector<std::string> last;
  for (std::string line; std::getline(lines, line);) last.push_back(line);
  if (last.size() > kEvidenceLines) {
    last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(kEvidenceLines));
  }
  return last;
}

std::vector<std::string> move_log(const std::filesystem::path& trainer_log,
                                  const std::filesystem::path& trial_log,
                                  const std::string& title) {
  std::vector<std::string> last = copy_log(trainer_log, trial_log, title);
  // The trainer appends (O_APPEND), so an emptied log goes on at its start.
  [[maybe_unused]] const int ignored = ::truncate(trainer_log.c_str(), 0);
  return last;
}

}  // namespace attempt::schedule
