#include "results/statistics/seed_summary.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace attempt::results {

SeedSummary summarize_seeds(const std::vector<double>& values) {
  SeedSummary summary;
  summary.n = static_cast<std::int64_t>(values.size());
  const auto n = static_cast<double>(values.size());
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  summary.low = summary.high = summary.mean;
  if (values.size() < 2) return summary;
  double squares = 0;
  for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
  summary.std = std::sqrt(squares / (n - 1));
  const boost::math::students_t t(n - 1);
  const double reach = boost::math::quantile(t, 0.975) * summary.std / std::sqrt(n);
  summary.low = summary.mean - reach;
  summary.high = summary.mean + reach;
  return summary;
}

}  // namespace attempt::results
