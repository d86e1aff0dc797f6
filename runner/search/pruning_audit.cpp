#include "runner/search/pruning_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace attempt::search {

namespace {

using Means = std::map<std::int64_t, double>;  // by configuration

/// @param lengths  evaluations of each run that count
Means means_of(const std::vector<FullRun>& runs, const std::vector<std::size_t>& lengths) {
  Means sums;
  std::map<std::int64_t, std::int64_t> counts;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& scores = runs[i].curve.scores;
    sums[runs[i].configuration] +=
        *std::max_element(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(lengths[i]));
    ++counts[runs[i].configuration];
  }
  for (auto& [configuration, sum] : sums) sum /= static_cast<double>(counts[configuration]);
  return sums;
}

/// The first of the best.
std::int64_t best_of(const Means& means) {
  return std::max_element(means.begin(), means.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

Curve first_part(const Curve& curve, std::size_t count) {
  const auto end = static_cast<std::ptrdiff_t>(count);
  return {{curve.steps.begin(), curve.steps.begin() + end},
          {curve.scores.begin(), curve.scores.begin() + end}};
}

}  // namespace

PruningAudit audit(const PruningRule& rule, const std::vector<FullRun>& runs) {
  PruningAudit result;
  result.trials = static_cast<std::int64_t>(runs.size());
  std::vector<Curve> seen(runs.size());
  std::vector<bool> is_stopped(runs.size(), false);
  std::size_t longest = 0;
  for (const FullRun& run : runs) longest = std::max(longest, run.curve.scores.size());
  for (std::size_t count = 1; count <= longest; ++count) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const Curve& whole = runs[i].curve;
      if (!is_stopped[i] && whole.scores.size() >= count) seen[i] = first_part(whole, count);
    }
    // All have been evaluated: who is stopped does not depend on who is asked first.
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (is_stopped[i] || seen[i].scores.size() != count) continue;
      std::vector<const Curve*> others;
      for (std::size_t j = 0; j < runs.size(); ++j) {
        if (j != i) others.push_back(&seen[j]);
      }
      is_stopped[i] = !reason_to_stop(rule, seen[i], others, runs[i].curve.steps.back()).empty();
    }
  }
  std::vector<std::size_t> whole;
  std::vector<std::size_t> stopped;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    result.stopped += is_stopped[i];
    result.steps += runs[i].curve.steps.back();
    result.steps_saved += runs[i].curve.steps.back() - seen[i].steps.back();
    whole.push_back(runs[i].curve.scores.size());
    stopped.push_back(seen[i].scores.size());
  }
  if (runs.empty()) return result;
  const Means means = means_of(runs, whole);
  result.regret = means.at(best_of(means)) - means.at(best_of(means_of(runs, stopped)));
  return result;
}

std::string audit_text(const std::string& search, const PruningRule& rule,
                       const PruningAudit& audit) {
  return fmt::format(
      "search {}: {} after {} evaluations would have stopped {} of {} trials, saved {:.0f} % of "
      "their steps, and cost {:.2f} points of validation score\n",
      search, rule.name, rule.after, audit.stopped, audit.trials,
      audit.steps > 0
          ? 100.0 * static_cast<double>(audit.steps_saved) / static_cast<double>(audit.steps)
          : 0.0,
      audit.regret);
}

}  // namespace attempt::search
