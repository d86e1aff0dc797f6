#include "runner/sweep/search_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <cstdlib>

namespace attempt::sweep {
namespace {

using config::SearchDimension;

constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53

/// SplitMix64's output function: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

double in_unit_interval(std::uint64_t bits) { return static_cast<double>(bits >> 11) * kUnit; }

std::vector<double> random_point(std::uint64_t seed, std::uint64_t number, std::size_t dimensions) {
  std::vector<double> point(dimensions);
  const std::uint64_t stream = mixed(mixed(seed) ^ number);
  for (std::size_t i = 0; i < dimensions; ++i) point[i] = in_unit_interval(mixed(stream + i));
  return point;
}

/// Points of Sobol's sequence, each coordinate shifted by random bits (Owen 1995, without nested
/// scrambling), so that seeds differ and no point lies on the edge.
std::vector<double> sobol_point(std::uint64_t seed, std::uint64_t number, std::size_t dimensions) {
  boost::random::sobol sequence(dimensions);
  sequence.seed(number);
  std::vector<double> point(dimensions);
  for (std::size_t i = 0; i < dimensions; ++i) {
    point[i] = in_unit_interval(sequence() ^ mixed(mixed(seed) + i));
  }
  return point;
}

/// Six digits are finer than any search, and readable.
double rounded(double value) { return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr); }

double number_at(const SearchDimension& dimension, double coordinate) {
  if (dimension.is_log) {
    // Every integer owns the part of the log scale around it.
    const double half = dimension.is_integer ? 0.5 : 0;
    const double low = std::log(dimension.low - half);
    const double high = std::log(dimension.high + half);
    const double value = std::exp(low + coordinate * (high - low));
    return std::clamp(dimension.is_integer ? std::round(value) : rounded(value), dimension.low,
                      dimension.high);
  }
  if (dimension.step == 0) {
    return std::clamp(rounded(dimension.low + coordinate * (dimension.high - dimension.low)),
                      dimension.low, dimension.high);
  }
  // 1e-9: 0.3 / 0.1 is a little less than 3.
  const double steps = std::floor((dimension.high - dimension.low) / dimension.step + 1e-9);
  const double chosen = std::min(std::floor(coordinate * (steps + 1)), steps);
  const double value = dimension.low + chosen * dimension.step;
  return dimension.is_integer ? value : std::min(rounded(value), dimension.high);
}

config::Value value_at(const SearchDimension& dimension, double coordinate) {
  config::Value value;
  if (!dimension.choices.empty()) {
    const auto count = static_cast<double>(dimension.choices.size());
    value = dimension.choices[static_cast<std::size_t>(std::min(coordinate * count, count - 1))];
  } else if (dimension.is_integer) {
    value = config::make_value(static_cast<std::int64_t>(number_at(dimension, coordinate)));
  } else {
    value = config::make_value(number_at(dimension, coordinate));
  }
  value.at = dimension.at;
  return value;
}

bool is_met(const SearchDimension::Condition& condition, const Configuration& configuration) {
  const std::optional<config::Value>& drawn = configuration[condition.dimension];
  return drawn && std::any_of(condition.values.begin(), condition.values.end(),
                              [&](const config::Value& v) { return same_value(v, *drawn); });
}

config::Assignment assignment_of(const SearchDimension& dimension, config::Value value) {
  return {config::Layer::kAxis, "[search]", dimension.path, std::move(value), {}};
}

void set_with_conditions(const std::vector<SearchDimension>& space, std::size_t place,
                         const config::Value& value, Configuration& configuration) {
  if (configuration[place]) return;
  configuration[place] = value;
  configuration[place]->at = space[place].at;
  for (const SearchDimension::Condition& condition : space[place].when) {
    set_with_conditions(space, condition.dimension, condition.values.front(), configuration);
  }
}

bool is_of_sources(const SearchDimension& dimension) {
  return dimension.path.reach == config::Reach::kSources;
}

}  // namespace

std::vector<SearchDimension> space_of(const config::Search& search, const Draft& target) {
  std::vector<SearchDimension> space;
  std::vector<std::optional<std::size_t>> places;
  for (const SearchDimension& given : search.space) {
    SearchDimension dimension = given;
    bool is_part =
        is_of_sources(given) ? uses_sources(target) : concerns(assignment_of(given, {}), target);
    for (SearchDimension::Condition& condition : dimension.when) {
      const auto place = places[condition.dimension];
      is_part = is_part && place.has_value();
      condition.dimension = place.value_or(0);
    }
    places.push_back(is_part ? std::optional(space.size()) : std::nullopt);
    if (is_part) space.push_back(std::move(dimension));
  }
  return space;
}

bool searches_sources(const config::Search& search) {
  return std::any_of(search.space.begin(), search.space.end(), is_of_sources);
}

Configuration configuration_at(const std::vector<SearchDimension>& space,
                               const std::vector<double>& coordinates) {
  Configuration configuration;
  for (std::size_t i = 0; i < space.size(); ++i) {
    const bool holds =
        std::all_of(space[i].when.begin(), space[i].when.end(),
                    [&](const auto& condition) { return is_met(condition, configuration); });
    configuration.push_back(holds ? std::optional(value_at(space[i], coordinates.at(i)))
                                  : std::nullopt);
  }
  return configuration;
}

NativeSampler::NativeSampler(std::string sampler, std::int64_t seed,
                             std::vector<SearchDimension> space)
    : sampler_(std::move(sampler)),
      seed_(static_cast<std::uint64_t>(seed)),
      space_(std::move(space)) {}

Configuration NativeSampler::draw(std::uint64_t number) const {
  return configuration_at(space_, sampler_ == "sobol" ? sobol_point(seed_, number, space_.size())
                                                      : random_point(seed_, number, space_.size()));
}

std::vector<Configuration> configurations_of_each(const std::vector<SearchDimension>& space) {
  std::vector<Configuration> all;
  for (std::size_t i = 0; i < space.size(); ++i) {
    std::vector<config::Value> values = space[i].choices;
    if (values.empty()) values.push_back(value_at(space[i], 0));
    for (const config::Value& value : values) {
      set_with_conditions(space, i, value, all.emplace_back(space.size()));
    }
  }
  return all;
}

SearchPoint point_of(const std::vector<SearchDimension>& space,
                     const Configuration& configuration) {
  SearchPoint point;
  for (std::size_t i = 0; i < space.size(); ++i) {
    if (!configuration[i]) continue;
    AxisPoint& part = is_of_sources(space[i]) ? point.source : point.target;
    part.push_back(assignment_of(space[i], *configuration[i]));
  }
  return point;
}

std::string search_name(const Draft& target) {
  return (target.variant.empty() ? target.method : target.variant) + "/" + target.task;
}

}  // namespace attempt::sweep
