#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runner/config/search_section.h"
#include "runner/sweep/draft.h"

namespace attempt::sweep {

/// A value for each dimension of a space; nothing where a condition does not hold.
using Configuration = std::vector<std::optional<config::Value>>;

/// A configuration as values of settings: those of the source trials apart.
struct SearchPoint {
  AxisPoint target;
  AxisPoint source;  ///< keys that begin with "sources."
};

/// What the search of one method on one task has come to.
struct SearchState {
  std::vector<Configuration> configurations;  ///< of an external sampler, in its order
  std::optional<std::size_t> chosen;
};
using SearchStates = std::map<std::string, SearchState>;  ///< by PlannedSearch::name

/// The dimensions that concern a target; conditions on others never hold, and drop the dimension.
std::vector<config::SearchDimension> space_of(const config::Search& search, const Draft& target);

/// True where a dimension is one of the source trials.
bool searches_sources(const config::Search& search);

/// The value of each dimension at a point of the unit cube, one coordinate a dimension whether its
/// conditions hold or not.
Configuration configuration_at(const std::vector<config::SearchDimension>& space,
                               const std::vector<double>& coordinates);

/// Draws the configurations of a random or Sobol search: the same for the same space, seed and
/// number, and for every method and task that has the same space.
class NativeSampler {
 public:
  NativeSampler(std::string sampler, std::int64_t seed, std::vector<config::SearchDimension> space);
  /// The `number`-th configuration, from 0.
  Configuration draw(std::uint64_t number) const;

 private:
  std::string sampler_;
  std::uint64_t seed_;
  std::vector<config::SearchDimension> space_;
};

/// Each dimension with each of its choices, or with the low end of its range, beside what its
/// conditions ask of others, and nothing else.
std::vector<Configuration> configurations_of_each(
    const std::vector<config::SearchDimension>& space);

SearchPoint point_of(const std::vector<config::SearchDimension>& space,
                     const Configuration& configuration);

/// "attempt/rte": the search of a target.
std::string search_name(const Draft& target);

}  // namespace attempt::sweep
