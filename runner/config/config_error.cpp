#include "runner/config/config_error.h"

#include <algorithm>

namespace attempt::config {
namespace {

std::string join(const std::vector<Problem>& problems) {
  std::string lines;
  for (const Problem& problem : problems) {
    lines += (lines.empty() ? "" : "\n") + problem.text();
  }
  return lines;
}

}  // namespace

std::string Problem::text() const {
  std::string prefix = at.file;
  if (at.line > 0) {
    prefix += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  }
  return prefix.empty() ? message : prefix + ": " + message;
}

ConfigError::ConfigError(std::vector<Problem> found)
    : std::runtime_error(join(found)),
      problems(std::move(found)),
      path(problems.at(0).at.file),
      line(problems.at(0).at.line),
      column(problems.at(0).at.column),
      key(problems.at(0).key) {}

void Problems::add(const Position& at, const std::string& key, const std::string& message) {
  const bool known = std::any_of(found_.begin(), found_.end(), [&](const Problem& other) {
    return other.at == at && other.message == message;
  });
  if (!known) {
    found_.push_back({at, key, message});
  }
}

void Problems::raise() const {
  if (found_.empty()) {
    return;
  }
  std::vector<Problem> sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
  });
  throw ConfigError(std::move(sorted));
}

}  // namespace attempt::config
