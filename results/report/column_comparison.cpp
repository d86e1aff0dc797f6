#include "results/report/column_comparison.h"

#include <algorithm>

#include "results/statistics/paired_tests.h"

namespace attempt::results {

namespace {

/// The fewest seeds that a comparison is made on: one run of each says nothing about methods.
constexpr std::size_t kFewestSeeds = 2;

/// Scores of two methods on the seeds that both have.
struct SharedSeeds {
  std::vector<double> differences;
  std::vector<const ExampleScores*> a;  ///< empty unless both cells have example scores
  std::vector<const ExampleScores*> b;
};

SharedSeeds shared_seeds(const ScoreCell& a, const ScoreCell& b) {
  SharedSeeds shared;
  const bool has_examples = !a.examples.empty() && !b.examples.empty();
  for (std::size_t i = 0; i < a.scored.size(); ++i) {
    for (std::size_t j = 0; j < b.scored.size(); ++j) {
      if (a.scored[i]->entry.seed != b.scored[j]->entry.seed) continue;
      shared.differences.push_back(a.scores[i] - b.scores[j]);
      if (has_examples) {
        shared.a.push_back(a.examples[i]);
        shared.b.push_back(b.examples[j]);
      }
      break;
    }
  }
  return shared;
}

/// The same seeds in the same order, so that resamples of the two are paired as they stand.
bool has_same_seeds(const ScoreCell& a, const ScoreCell& b) {
  return std::equal(a.scored.begin(), a.scored.end(), b.scored.begin(), b.scored.end(),
                    [](const auto* x, const auto* y) { return x->entry.seed == y->entry.seed; });
}

struct Comparison {
  ScoreCell* cell = nullptr;
  PairedTest test;
};

Comparison compare(const ScoreCell& best, ScoreCell& cell, const TaskResamples* resamples) {
  const SharedSeeds shared = shared_seeds(best, cell);
  if (shared.differences.size() < kFewestSeeds) return {&cell, {}};
  if (shared.a.empty() || resamples == nullptr) {
    return {&cell, wilcoxon_signed_rank(shared.differences)};
  }
  const bool is_all = has_same_seeds(best, cell);
  std::vector<double> differences = is_all ? best.resamples : resamples->means(shared.a);
  const std::vector<double> others = is_all ? cell.resamples : resamples->means(shared.b);
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= others[i];
  const double difference = summarize_seeds(shared.differences).mean;
  return {&cell,
          {.n = static_cast<std::int64_t>(shared.differences.size()),
           .p = bootstrap_p_value(difference, differences,
                                  static_cast<std::int64_t>(shared.differences.size())),
           .smallest_p = 0}};
}

void mark(const std::vector<Comparison>& comparisons) {
  std::vector<PairedTest> tests;
  for (const Comparison& comparison : comparisons) tests.push_back(comparison.test);
  const std::vector<double> adjusted = holm_adjusted(tests);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    ScoreCell& cell = *comparisons[i].cell;
    cell.adjusted_p = adjusted[i];
    cell.standing = !tests[i].can_decide()     ? Standing::kTooFewToTell
                    : adjusted[i] < kTestLevel ? Standing::kOther
                                               : Standing::kNotDistinguished;
  }
}

}  // namespace

void compare_column(ScoreGrid& grid, std::size_t column) {
  std::vector<ScoreCell*> cells;
  std::size_t most_seeds = 0;
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    const auto found = grid.cells.find({row, column});
    if (found == grid.cells.end() || !found->second.has_score()) continue;
    cells.push_back(&found->second);
    most_seeds = std::max(most_seeds, found->second.scores.size());
  }
  if (cells.empty()) return;
  std::optional<TaskResamples> resamples;
  if (std::any_of(cells.begin(), cells.end(), [](const auto* c) { return !c->examples.empty(); })) {
    resamples.emplace(grid.columns[column].examples, static_cast<std::int64_t>(most_seeds));
    for (ScoreCell* cell : cells) {
      if (cell->examples.empty()) continue;
      cell->resamples = resamples->means(cell->examples);
      cell->interval = bootstrap_interval(cell->seeds.mean, cell->resamples,
                                          static_cast<std::int64_t>(cell->examples.size()));
      cell->has_interval = true;
    }
  }
  ScoreCell& best = **std::max_element(
      cells.begin(), cells.end(),
      [](const auto* a, const auto* b) { return a->seeds.mean < b->seeds.mean; });
  best.standing = Standing::kBest;
  std::vector<Comparison> comparisons;
  for (ScoreCell* cell : cells) {
    if (cell != &best)
      comparisons.push_back(compare(best, *cell, resamples ? &*resamples : nullptr));
  }
  mark(comparisons);
}

}  // namespace attempt::results
