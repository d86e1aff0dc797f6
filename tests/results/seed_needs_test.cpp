#include "results/report/seed_needs.h"

#include <gtest/gtest.h>

#include <cmath>

namespace attempt::results {
namespace {

/// Two differences with this mean over standard deviation.
std::vector<double> differences_of_effect(double effect) {
  const double half = 1 / std::sqrt(2.0);  // of a distance whose standard deviation is 1
  return {effect - half, effect + half};
}

// By scipy.stats.nct: the first n at which the test has a power of 0.8.
TEST(SeedNeedsTest, AgreesWithPowerTables) {
  EXPECT_EQ(seeds_needed(differences_of_effect(0.2)), 199);
  EXPECT_EQ(seeds_needed(differences_of_effect(0.5)), 34);
  EXPECT_EQ(seeds_needed(differences_of_effect(0.8)), 15);
  EXPECT_EQ(seeds_needed(differences_of_effect(-0.5)), 34);
  EXPECT_EQ(seeds_needed(differences_of_effect(2)), 5);
}

TEST(SeedNeedsTest, TinyDifferencesNeedMoreThanAnybodyTrains) {
  EXPECT_EQ(seeds_needed(differences_of_effect(0.01)), kMostSeeds + 1);
}

TEST(SeedNeedsTest, NothingIsSaidWithoutASpread) {
  EXPECT_EQ(seeds_needed({}), 0);
  EXPECT_EQ(seeds_needed({3}), 0);
  EXPECT_EQ(seeds_needed({3, 3, 3}), 0);
}

}  // namespace
}  // namespace attempt::results
