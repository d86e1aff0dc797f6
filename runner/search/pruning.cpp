#include "runner/search/pruning.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace attempt::search {

namespace {

constexpr std::size_t kLeastOthers = 4;   // for a median that means something
constexpr std::size_t kReduction = 3;     // of asha
constexpr double kRise = 0.5;             // points: what counts as a change
constexpr double kShareOnTheFloor = 0.5;  // of the steps, in which a prompt may score nothing

double best_of_first(const Curve& curve, std::size_t count) {
  return *std::max_element(curve.scores.begin(),
                           curve.scores.begin() + static_cast<std::ptrdiff_t>(count));
}

/// The others' best at the same evaluation, of those that have come so far.
std::vector<double> bests_at(const std::vector<const Curve*>& others, std::size_t count) {
  std::vector<double> bests;
  for (const Curve* other : others) {
    if (other->scores.size() >= count) bests.push_back(best_of_first(*other, count));
  }
  return bests;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string stop_by_median(const Curve& curve, const std::vector<const Curve*>& others) {
  const std::vector<double> bests = bests_at(others, curve.scores.size());
  if (bests.size() < kLeastOthers) return "";
  const double best = best_of_first(curve, curve.scores.size());
  const double middle = median(bests);
  if (best >= middle) return "";
  return fmt::format("its best after {} evaluations is {:.2f}, the median of {} others {:.2f}",
                     curve.scores.size(), best, bests.size(), middle);
}

std::string stop_by_rung(const Curve& curve, const std::vector<const Curve*>& others,
                         std::int64_t first_rung) {
  auto rung = static_cast<std::size_t>(first_rung);
  while (rung < curve.scores.size()) rung *= kReduction;
  if (rung != curve.scores.size()) return "";
  const std::vector<double> bests = bests_at(others, rung);
  const double best = best_of_first(curve, rung);
  const auto better = static_cast<std::size_t>(
      std::count_if(bests.begin(), bests.end(), [&](double other) { return other > best; }));
  const std::size_t here = bests.size() + 1;
  if (here < kReduction || better < (here + kReduction - 1) / kReduction) return "";
  return fmt::format("after {} evaluations {} of {} others are better", rung, better, bests.size());
}

bool has_risen(const Curve& curve, std::size_t count) {
  return best_of_first(curve, count) > curve.scores.front() + kRise;
}

std::string stop_on_plateau(const Curve& curve, const std::vector<const Curve*>& others,
                            std::int64_t total_steps, std::size_t patience) {
  const std::size_t count = curve.scores.size();
  std::vector<const Curve*> level;
  for (const Curve* other : others) {
    if (other->scores.size() >= count) level.push_back(other);
  }
  if (level.size() < kLeastOthers) return "";
  const double middle = median(bests_at(level, count));
  const double best = best_of_first(curve, count);
  if (best >= middle) return "";
  if (!has_risen(curve, count)) {
    const bool is_early = static_cast<double>(curve.steps.back()) <
                          kShareOnTheFloor * static_cast<double>(total_steps);
    const auto risen = std::count_if(level.begin(), level.end(),
                                     [&](const Curve* other) { return has_risen(*other, count); });
    if (is_early || static_cast<std::size_t>(risen) * 2 <= level.size()) return "";
    return fmt::format("it has not left its first score by step {}, and {} of {} others have",
                       curve.steps.back(), risen, level.size());
  }
  if (best > best_of_first(curve, count - patience) + kRise) return "";
  return fmt::format(
      "its last {} evaluations brought nothing beyond {:.2f}, the median of {} others is {:.2f}",
      patience, best, level.size(), middle);
}

}  // namespace

std::string reason_to_stop(const PruningRule& rule, const Curve& curve,
                           const std::vector<const Curve*>& others, std::int64_t total_steps) {
  const bool has_ended = !curve.steps.empty() && curve.steps.back() >= total_steps;
  if (curve.scores.empty() || has_ended) return "";
  const auto count = static_cast<std::int64_t>(curve.scores.size());
  if (rule.name == "asha") return stop_by_rung(curve, others, rule.after);
  if (count <= rule.after) return "";
  if (rule.name == "median") return stop_by_median(curve, others);
  if (rule.name == "plateau") {
    return stop_on_plateau(curve, others, total_steps, static_cast<std::size_t>(rule.after));
  }
  return "";
}

}  // namespace attempt::search
