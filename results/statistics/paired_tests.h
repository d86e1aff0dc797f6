#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace attempt::results {

/// Level of every test.
inline constexpr double kTestLevel = 0.05;

/// A two-sided test of paired differences around zero. Differences of zero are left out.
struct PairedTest {
  std::int64_t n = 0;  ///< differences that are not zero
  double p = 1;
  double smallest_p = 1;  ///< what so many pairs could reach: none equal, all of one sign
  double effect = 0;      ///< in [-1, 1]; see the tests

  /// False: whatever the data, the level is out of reach ("n too small").
  bool can_decide() const { return smallest_p < kTestLevel; }
};

/// Wilcoxon's signed-rank test: exact for up to 50 pairs, given the ties; beyond by the normal
/// approximation with tie correction, without continuity correction (as scipy.stats.wilcoxon).
/// effect: matched-pairs rank-biserial correlation, (W+ - W-) / (W+ + W-).
PairedTest wilcoxon_signed_rank(const std::vector<double>& differences);

/// Sign test (scipy.stats.binomtest with p = 0.5). effect: (positive - negative) / n.
PairedTest sign_test(const std::vector<double>& differences);

/// Mean of the differences over their standard deviation (Cohen's d_z); nothing where they do not
/// vary by more than rounding.
std::optional<double> standardized_mean_difference(const std::vector<double>& differences);

/// Adjusts p values so that the chance of any false finding among them keeps the level
/// (Holm 1979). In the order of the input.
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

/// As above; tests that cannot decide take no part and keep p = 1.
std::vector<double> holm_adjusted(const std::vector<PairedTest>& tests);

}  // namespace attempt::results
