#include "results/statistics/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <random>
#include <stdexcept>

#include "results/statistics/seed_summary.h"

namespace attempt::results {

namespace {

/// Fixed: a report made twice says the same.
constexpr std::uint64_t kRandomSeed = 20220511;

double quantile_of_sorted(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Uniform in [0, 1), the same with every standard library.
double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

}  // namespace

TaskResamples::TaskResamples(std::int64_t examples, std::int64_t most_seeds)
    : examples_(examples), most_seeds_(static_cast<std::size_t>(most_seeds)) {
  std::mt19937_64 random(kRandomSeed);
  const auto n = static_cast<std::size_t>(examples);
  counts_.assign(n * kResamples, 0.0F);
  for (std::size_t resample = 0; resample < kResamples; ++resample) {
    for (std::size_t draw = 0; draw < n; ++draw) {
      const auto example = static_cast<std::size_t>(uniform(random) * static_cast<double>(n));
      counts_[resample * n + example] += 1;
    }
  }
  draws_.resize(kResamples * most_seeds_);
  for (double& draw : draws_) draw = uniform(random);
}

std::vector<double> TaskResamples::means(const std::vector<const ExampleScores*>& seeds) const {
  if (seeds.empty() || seeds.size() > most_seeds_) throw std::logic_error("number of seeds");
  const std::size_t drawn = std::max<std::size_t>(1, seeds.size() - 1);
  std::vector<double> means(kResamples, 0.0);
  for (std::size_t resample = 0; resample < kResamples; ++resample) {
    std::vector<int> times(seeds.size(), 0);
    for (std::size_t i = 0; i < drawn; ++i) {
      const double draw = draws_[resample * most_seeds_ + i] * static_cast<double>(seeds.size());
      ++times[static_cast<std::size_t>(draw)];
    }
    const float* counts = counts_.data() + resample * static_cast<std::size_t>(examples_);
    for (std::size_t seed = 0; seed < seeds.size(); ++seed) {
      if (times[seed] == 0) continue;
      means[resample] += times[seed] * seeds[seed]->metric(counts) / static_cast<double>(drawn);
    }
  }
  return means;
}

Interval percentile_interval(std::vector<double> resamples) {
  std::sort(resamples.begin(), resamples.end());
  return {quantile_of_sorted(resamples, 0.025), quantile_of_sorted(resamples, 0.975)};
}

Interval bootstrap_interval(double mean, const std::vector<double>& resamples, std::int64_t seeds) {
  if (seeds < 2) return percentile_interval(resamples);
  const boost::math::students_t distribution(static_cast<double>(seeds - 1));
  const double half = boost::math::quantile(distribution, 0.975) * summarize_seeds(resamples).std;
  return {mean - half, mean + half};
}

double bootstrap_p_value(double difference, const std::vector<double>& resampled_differences,
                         std::int64_t seeds) {
  const double deviation = summarize_seeds(resampled_differences).std;
  if (deviation == 0) return difference == 0 ? 1 : 0;
  const double ratio = -std::abs(difference) / deviation;
  if (seeds < 2) return 2 * boost::math::cdf(boost::math::normal(), ratio);
  return 2 * boost::math::cdf(boost::math::students_t(static_cast<double>(seeds - 1)), ratio);
}

}  // namespace attempt::results
