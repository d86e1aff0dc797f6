#include "results/report/seed_needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "results/statistics/paired_tests.h"

namespace attempt::results {

namespace {

constexpr double kPower = 0.8;

double power_of(double effect, std::int64_t n) {
  const auto degrees = static_cast<double>(n - 1);
  const double shift = effect * std::sqrt(static_cast<double>(n));
  const double critical =
      boost::math::quantile(boost::math::students_t(degrees), 1 - kTestLevel / 2);
  const boost::math::non_central_t t(degrees, shift);
  return boost::math::cdf(boost::math::complement(t, critical)) + boost::math::cdf(t, -critical);
}

std::vector<double> shared_differences(const ScoreCell& a, const ScoreCell& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.scored.size(); ++i) {
    for (std::size_t j = 0; j < b.scored.size(); ++j) {
      if (a.scored[i]->entry.seed != b.scored[j]->entry.seed) continue;
      differences.push_back(a.scores[i] - b.scores[j]);
      break;
    }
  }
  return differences;
}

}  // namespace

std::int64_t seeds_needed(const std::vector<double>& differences) {
  if (differences.size() < 2) return 0;
  const double effect = std::abs(standardized_mean_difference(differences).value_or(0));
  if (effect == 0 || !std::isfinite(effect)) return 0;
  std::int64_t too_few = 1;
  std::int64_t enough = kMostSeeds + 1;
  // Power grows with n, and so does the cost of the noncentral distribution with the shift: a
  // large effect is settled by its first few seeds.
  for (std::int64_t n = 2; n <= kMostSeeds; n *= 2) {
    if (power_of(effect, n) >= kPower) {
      enough = n;
      break;
    }
    too_few = n;
  }
  if (enough > kMostSeeds && power_of(effect, kMostSeeds) < kPower) return kMostSeeds + 1;
  while (enough - too_few > 1) {
    const std::int64_t middle = (too_few + enough) / 2;
    (power_of(effect, middle) >= kPower ? enough : too_few) = middle;
  }
  return enough;
}

TextTable seed_needs_table(const ScoreGrid& grid) {
  TextTable table{
      .id = "seeds_needed",
      .title = "Seeds that a comparison with the best would need",
      .columns = {"task", "best", "method", "difference", "std", "seeds", "needed", "more"}};
  for (std::size_t column = 0; column < grid.columns.size(); ++column) {
    const ScoreCell* best = nullptr;
    std::string best_label;
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
      const ScoreCell* cell = grid.find(row, column);
      if (cell == nullptr || cell->standing != Standing::kBest) continue;
      best = cell;
      best_label = grid.rows[row].label;
    }
    for (std::size_t row = 0; best != nullptr && row < grid.rows.size(); ++row) {
      const ScoreCell* cell = grid.find(row, column);
      if (cell == nullptr || cell == best || !cell->has_score()) continue;
      const std::vector<double> differences = shared_differences(*best, *cell);
      const std::int64_t needed = seeds_needed(differences);
      if (needed == 0) continue;
      const SeedSummary summary = summarize_seeds(differences);
      const bool is_many = needed > kMostSeeds;
      table.lines.push_back(
          {{grid.columns[column].name},
           {best_label},
           {grid.rows[row].label},
           {fmt::format("{:.2f}", summary.mean)},
           {fmt::format("{:.2f}", summary.std)},
           {std::to_string(summary.n)},
           {is_many ? fmt::format("over {}", kMostSeeds) : std::to_string(needed)},
           {is_many ? fmt::format("over {}", kMostSeeds - summary.n)
                    : std::to_string(std::max<std::int64_t>(0, needed - summary.n))}});
    }
  }
  if (table.lines.empty()) return table;
  table.notes.push_back(
      "Paired seeds with which a t test at 5 % would find a difference of this size, at the spread "
      "seen here, in 80 of 100 studies. A spread seen on few seeds is itself uncertain.");
  return table;
}

}  // namespace attempt::results
