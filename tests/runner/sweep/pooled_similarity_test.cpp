#include "runner/sweep/pooled_similarity.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace attempt::sweep::test {
namespace {

TEST(PooledSimilarityTest, ComparesTheGreatestValuesOfTheColumns) {
  // Columns' greatest values: (3, 4) and (4, 3), whatever the order of the rows.
  const PromptRows a{2, 2, {3, 4, 0, 2}};
  EXPECT_NEAR(max_pooled_cosine(a, {2, 2, {4, 3, -1, 0}}), 0.96, 1e-12);
  EXPECT_NEAR(max_pooled_cosine(a, {2, 2, {-1, 3, 4, 0}}), 0.96, 1e-12);
}

TEST(PooledSimilarityTest, TheNumberOfRowsMayDiffer) {
  EXPECT_NEAR(max_pooled_cosine({2, 2, {3, 4, 0, 2}}, {1, 2, {3, 4}}), 1, 1e-12);
  EXPECT_THROW(max_pooled_cosine({1, 2, {3, 4}}, {1, 1, {3}}), std::invalid_argument);
}

}  // namespace
}  // namespace attempt::sweep::test
