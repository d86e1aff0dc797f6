#include "runner/sweep/prompt_similarity.h"

#include <gmock/gmock.h>

#include <cmath>
#include <stdexcept>

namespace attempt::sweep::test {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kRounding = 1e-12;

// Two rows of two values each.
const PromptRows kA{2, 2, {3, 4, 0, 2}};   // mean (1.5, 3)
const PromptRows kB{2, 2, {4, 3, -1, 0}};  // mean (1.5, 1.5)
const PromptRows kBSwapped{2, 2, {-1, 0, 4, 3}};

TEST(PromptSimilarityTest, MeanCosineComparesTheMeansOfTheRows) {
  // (1.5 * 1.5 + 3 * 1.5) / (sqrt(11.25) * sqrt(4.5)) = 6.75 / 7.11512...
  EXPECT_NEAR(prompt_similarity(Similarity::kMeanCosine, kA, kB), 6.75 / std::sqrt(11.25 * 4.5),
              kRounding);
}

TEST(PromptSimilarityTest, PairwiseCosineIsTheMeanOverAllPairsOfRows) {
  // (3, 4)(4, 3) = 24/25; (3, 4)(-1, 0) = -3/5; (0, 2)(4, 3) = 3/5; (0, 2)(-1, 0) = 0.
  EXPECT_NEAR(prompt_similarity(Similarity::kPairwiseCosine, kA, kB), (0.96 - 0.6 + 0.6 + 0) / 4,
              kRounding);
}

TEST(PromptSimilarityTest, AlignedCosineIsTheSumRowByRow) {
  EXPECT_NEAR(prompt_similarity(Similarity::kAlignedCosine, kA, kB), 0.96 + 0, kRounding);
  EXPECT_NEAR(prompt_similarity(Similarity::kAlignedCosine, kA, kBSwapped), -0.6 + 0.6, kRounding);
}

TEST(PromptSimilarityTest, OnlyAlignedCosineDependsOnTheOrderOfRows) {
  for (const Similarity kind : {Similarity::kMeanCosine, Similarity::kPairwiseCosine}) {
    EXPECT_NEAR(prompt_similarity(kind, kA, kBSwapped), prompt_similarity(kind, kA, kB), kRounding);
  }
}

TEST(PromptSimilarityTest, RowsOfZerosAreLikeNothing) {
  const PromptRows zeros{2, 2, {0, 0, 0, 0}};
  for (const Similarity kind :
       {Similarity::kMeanCosine, Similarity::kPairwiseCosine, Similarity::kAlignedCosine}) {
    EXPECT_EQ(prompt_similarity(kind, kA, zeros), 0);
  }
}

TEST(PromptSimilarityTest, RefusesPromptsOfDifferentShapes) {
  EXPECT_THROW(prompt_similarity(Similarity::kMeanCosine, kA, {1, 2, {1, 2}}),
               std::invalid_argument);
  EXPECT_THROW(difference(kA, {1, 2, {1, 2}}), std::invalid_argument);
}

TEST(SourceWeightsTest, MostSimilarIsOneCopyAndTheFirstOfEqualOnes) {
  const auto weights = source_weights({0.2, 0.5, 0.5, -1}, SourceChoice::kMostSimilar, 3,
                                      SourceWeighting::kProportional);
  EXPECT_THAT(weights, ElementsAre(0, 1, 0, 0));
}

TEST(SourceWeightsTest, ProportionalWeightsOfTheBest) {
  const auto weights = source_weights({0.1, 0.6, 0.2, 0.2}, SourceChoice::kWeightedTopK, 2,
                                      SourceWeighting::kProportional);
  EXPECT_THAT(weights, ElementsAre(0, DoubleNear(0.75, kRounding), DoubleNear(0.25, kRounding), 0));
}

TEST(SourceWeightsTest, NegativeSimilaritiesCountAsNothing) {
  EXPECT_THAT(
      source_weights({0.5, -0.4}, SourceChoice::kWeightedTopK, 2, SourceWeighting::kProportional),
      ElementsAre(1, 0));
  EXPECT_THAT(source_weights({-0.5, -0.4, 0}, SourceChoice::kWeightedTopK, 3,
                             SourceWeighting::kProportional),
              IsEmpty());
}

TEST(SourceWeightsTest, UnclippedWeightsMayBeNegative) {  // the authors' code
  EXPECT_THAT(
      source_weights({3, -1, -2}, SourceChoice::kWeightedTopK, 2, SourceWeighting::kUnclipped),
      ElementsAre(DoubleNear(1.5, kRounding), DoubleNear(-0.5, kRounding), 0));
  EXPECT_THAT(source_weights({1, -1}, SourceChoice::kWeightedTopK, 2, SourceWeighting::kUnclipped),
              IsEmpty());
}

TEST(SourceWeightsTest, SoftmaxSharpensCloseSimilarities) {
  // exp(-(0.6 - 0.5) / 0.1) = 1/e beside 1, also where both are negative
  const double second = 1 / (1 + std::exp(1.0));
  for (const double shift : {0.0, -0.9}) {
    EXPECT_THAT(source_weights({0.5 + shift, 0.6 + shift}, SourceChoice::kWeightedTopK, 3,
                               SourceWeighting::kSoftmax),
                ElementsAre(DoubleNear(second, kRounding), DoubleNear(1 - second, kRounding)));
  }
}

TEST(SourceWeightsTest, TopOneEqualsMostSimilar) {
  for (const std::vector<double>& similarities :
       {std::vector<double>{0.1, 0.6, 0.2}, {-0.3, -0.2, -0.2}}) {
    for (const SourceWeighting weighting :
         {SourceWeighting::kProportional, SourceWeighting::kSoftmax}) {
      EXPECT_EQ(source_weights(similarities, SourceChoice::kWeightedTopK, 1, weighting),
                source_weights(similarities, SourceChoice::kMostSimilar, 3, weighting));
    }
  }
}

TEST(SourceWeightsTest, WeightedSumOfACopyIsTheCopy) {
  EXPECT_EQ(weighted_sum({kA, kB}, {0, 1}).values, kB.values);
  EXPECT_THAT(weighted_sum({kA, kB}, {0.5, 0.5}).values, ElementsAre(3.5F, 3.5F, -0.5F, 1));
  EXPECT_THAT(difference(kA, kB).values, ElementsAre(-1, 1, 1, 2));
}

}  // namespace
}  // namespace attempt::sweep::test
