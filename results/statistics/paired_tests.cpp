#include "results/statistics/paired_tests.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include "results/statistics/seed_summary.h"

namespace attempt::results {

namespace {

constexpr std::size_t kLargestExact = 50;

struct SignedRanks {
  std::vector<std::size_t> doubled;  ///< twice the rank of each magnitude; ties share their mean
  double positive = 0;               ///< W+
  double negative = 0;               ///< W-
  double tie_term = 0;               ///< sum of t^3 - t over groups of equal magnitude
};

SignedRanks signed_ranks(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  SignedRanks ranks;
  for (std::size_t first = 0; first < differences.size();) {
    std::size_t end = first;
    while (end < differences.size() && std::abs(differences[end]) == std::abs(differences[first])) {
      ++end;
    }
    const std::size_t doubled = first + end + 1;
    for (std::size_t i = first; i < end; ++i) {
      (differences[i] > 0 ? ranks.positive : ranks.negative) += static_cast<double>(doubled) / 2;
      ranks.doubled.push_back(doubled);
    }
    const auto ties = static_cast<double>(end - first);
    ranks.tie_term += ties * ties * ties - ties;
    first = end;
  }
  return ranks;
}

/// Chance that the sum of the ranks is at most `sum` when each counts by a toss of a coin.
double chance_at_most(const std::vector<std::size_t>& doubled_ranks, double sum) {
  const std::size_t total = std::accumulate(doubled_ranks.begin(), doubled_ranks.end(), 0UL);
  std::vector<double> chances(total + 1, 0.0);
  chances[0] = 1;
  for (const std::size_t rank : doubled_ranks) {
    for (std::size_t at = chances.size(); at-- > 0;) {
      chances[at] = (chances[at] + (at >= rank ? chances[at - rank] : 0.0)) / 2;
    }
  }
  const auto end = static_cast<std::ptrdiff_t>(std::llround(2 * sum)) + 1;
  return std::accumulate(chances.begin(), chances.begin() + end, 0.0);
}

std::vector<double> without_zeros(const std::vector<double>& differences) {
  std::vector<double> kept;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(kept),
               [](double difference) { return difference != 0; });
  return kept;
}

/// Of the pairs, not of those that differ: whether a test can decide must not depend on the data.
double smallest_p_of(std::size_t pairs) {
  return std::min(1.0, std::pow(2.0, 1 - static_cast<double>(pairs)));
}

}  // namespace

PairedTest wilcoxon_signed_rank(const std::vector<double>& differences) {
  const std::vector<double> kept = without_zeros(differences);
  PairedTest test{.n = static_cast<std::int64_t>(kept.size())};
  test.smallest_p = smallest_p_of(differences.size());
  if (kept.empty()) return test;
  const SignedRanks ranks = signed_ranks(kept);
  const auto n = static_cast<double>(kept.size());
  test.effect = (ranks.positive - ranks.negative) / (ranks.positive + ranks.negative);
  const double smaller = std::min(ranks.positive, ranks.negative);
  if (kept.size() <= kLargestExact) {
    test.p = std::min(1.0, 2 * chance_at_most(ranks.doubled, smaller));
    return test;
  }
  const double mean = n * (n + 1) / 4;
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ranks.tie_term / 48;
  const double z = (smaller - mean) / std::sqrt(variance);
  test.p = std::min(1.0, 2 * boost::math::cdf(boost::math::normal(), z));
  return test;
}

PairedTest sign_test(const std::vector<double>& differences) {
  const std::vector<double> kept = without_zeros(differences);
  PairedTest test{.n = static_cast<std::int64_t>(kept.size())};
  test.smallest_p = smallest_p_of(differences.size());
  if (kept.empty()) return test;
  const auto n = static_cast<double>(kept.size());
  const auto positive =
      static_cast<double>(std::count_if(kept.begin(), kept.end(), [](double d) { return d > 0; }));
  const boost::math::binomial coin(n, 0.5);
  test.p = std::min(1.0, 2 * boost::math::cdf(coin, std::min(positive, n - positive)));
  test.effect = (2 * positive - n) / n;
  return test;
}

std::optional<double> standardized_mean_difference(const std::vector<double>& differences) {
  if (differences.empty()) return std::nullopt;
  constexpr double kRounding = 1e-9;
  const SeedSummary summary = summarize_seeds(differences);
  if (summary.std <= kRounding * std::abs(summary.mean)) return std::nullopt;
  return summary.mean / summary.std;
}

std::vector<double> holm_adjusted(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double scaled = static_cast<double>(order.size() - i) * p_values[order[i]];
    largest = std::max(largest, std::min(1.0, scaled));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

std::vector<double> holm_adjusted(const std::vector<PairedTest>& tests) {
  std::vector<std::size_t> deciding;
  std::vector<double> p_values;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    if (!tests[i].can_decide()) continue;
    deciding.push_back(i);
    p_values.push_back(tests[i].p);
  }
  const std::vector<double> of_deciding = holm_adjusted(p_values);
  std::vector<double> adjusted(tests.size(), 1.0);
  for (std::size_t i = 0; i < deciding.size(); ++i) adjusted[deciding[i]] = of_deciding[i];
  return adjusted;
}

}  // namespace attempt::results
