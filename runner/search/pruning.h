#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attempt::search {

/// Validation scores of one trial, in the order of its evaluations.
struct Curve {
  std::vector<std::int64_t> steps;
  std::vector<double> scores;
};

/// When a trial of a search is stopped before its end. The trial then reports its best, as any.
struct PruningRule {
  std::string name;        ///< "off" | "median" | "asha" | "plateau"
  std::int64_t after = 4;  ///< evaluations before anything is stopped
};

/// Decides after a trial's newest evaluation.
/// @param others  curves of the other trials of the same search with the same budget: as many
///     steps, evaluated at the same ones. Of curves that are longer only the equal part is looked
///     at, so that the order in which trials end matters little.
/// @param total_steps  that the trial would take
/// @return why to stop it, for people; "" to go on.
///
/// median: its best so far is below the median of the others' best at the same evaluation; needs
///     four others (Golovin et al., "Google Vizier", KDD 2017, on best scores).
/// asha: at evaluation after * 3^i it is not among the best third of those that came so far (Li et
///     al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020).
/// plateau: made for prompts, which may score like a constant for long and then rise. A trial that
///     still scores what it began with is left alone for the first half of its steps. One that has
///     risen is stopped when its last `after` evaluations brought no more than half a point and its
///     best is below the median of the others' best; one that has not risen by half of its steps,
///     when most others have.
std::string reason_to_stop(const PruningRule& rule, const Curve& curve,
                           const std::vector<const Curve*>& others, std::int64_t total_steps);

}  // namespace attempt::search
