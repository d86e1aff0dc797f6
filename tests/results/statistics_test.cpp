#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "results/statistics/bootstrap.h"
#include "results/statistics/example_scores.h"
#include "results/statistics/paired_tests.h"
#include "results/statistics/rank_correlation.h"
#include "results/statistics/seed_summary.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

using Json = nlohmann::json;
using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;

/// Both sides compute in float64; quantiles are found by iteration.
constexpr double kTolerance = 1e-9;

const Json& golden() {
  static const Json json =
      Json::parse(std::ifstream(test::source_folder() / "tests" / "goldens" / "statistics.json"));
  return json;
}

TEST(SeedSummaryTest, EqualsScipy) {
  for (const Json& sample : golden()["seeds"]) {
    const SeedSummary summary = summarize_seeds(sample["values"]);
    EXPECT_NEAR(summary.mean, sample["mean"], kTolerance);
    EXPECT_NEAR(summary.std, sample["std"], kTolerance);
    EXPECT_NEAR(summary.low, sample["low"], 1e-7);
    EXPECT_NEAR(summary.high, sample["high"], 1e-7);
  }
}

TEST(SeedSummaryTest, OneSeedHasNoSpread) {
  const SeedSummary summary = summarize_seeds({81.5});
  EXPECT_EQ(summary.n, 1);
  EXPECT_EQ(summary.std, 0);
  EXPECT_EQ(summary.low, 81.5);
}

TEST(PairedTestsTest, EqualScipy) {
  for (const Json& sample : golden()["paired"]) {
    const Numbers values = sample["values"];
    EXPECT_NEAR(wilcoxon_signed_rank(values).p, sample["wilcoxon"], kTolerance) << values.size();
    EXPECT_NEAR(sign_test(values).p, sample["sign"], kTolerance) << values.size();
    EXPECT_NEAR(standardized_mean_difference(values).value(), sample["d_z"], kTolerance);
  }
}

TEST(PairedTestsTest, EffectIsUnknownWhereDifferencesDifferByRoundingAlone) {
  EXPECT_FALSE(standardized_mean_difference({2.5}));
  EXPECT_FALSE(standardized_mean_difference({0.1 + 0.2, 0.3}));
  EXPECT_FALSE(standardized_mean_difference({0, 0}));
  EXPECT_EQ(standardized_mean_difference({-1, 1}), 0);
}

TEST(PairedTestsTest, ThreePairsCannotReachTheLevel) {
  const PairedTest test = wilcoxon_signed_rank({1, 2, 3});
  EXPECT_EQ(test.p, 0.25);
  EXPECT_FALSE(test.can_decide());
  EXPECT_TRUE(wilcoxon_signed_rank({1, 2, 3, 4, 5, 6}).can_decide());
}

TEST(PairedTestsTest, EffectIsTheBalanceOfRanks) {
  EXPECT_EQ(wilcoxon_signed_rank({1, 2, 3}).effect, 1);
  EXPECT_DOUBLE_EQ(wilcoxon_signed_rank({-1, 2, 3}).effect, 4.0 / 6);
  EXPECT_EQ(sign_test({-1, 2, 3, 4}).effect, 0.5);
}

TEST(PairedTestsTest, EqualPairsSayNothing) {
  const PairedTest test = wilcoxon_signed_rank({0, 0, 0});
  EXPECT_EQ(test.n, 0);
  EXPECT_EQ(test.p, 1);
  EXPECT_FALSE(test.can_decide());
}

TEST(PairedTestsTest, HolmKeepsOrderAndLevel) {
  const Numbers p_values = golden()["holm"]["p"];
  const Numbers adjusted = holm_adjusted(p_values);
  const Numbers expected = golden()["holm"]["adjusted"];
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-15);
}

TEST(PairedTestsTest, HolmLeavesOutTestsThatCannotDecide) {
  const PairedTest deciding{.n = 9, .p = 0.03, .smallest_p = 0.004};
  const PairedTest small{.n = 3, .p = 0.25, .smallest_p = 0.25};
  EXPECT_EQ(holm_adjusted(std::vector<PairedTest>{small, deciding}), (Numbers{1, 0.03}));
}

TEST(RankCorrelationTest, EqualsScipy) {
  for (const Json& sample : golden()["rank_correlations"]) {
    const RankCorrelation rank = spearman(sample["x"], sample["y"]);
    EXPECT_NEAR(rank.value, sample["spearman"], kTolerance);
    EXPECT_NEAR(rank.p, sample["spearman_p"], kTolerance);
    const RankCorrelation ratio = rank_correlation_ratio(sample["groups"], sample["y"]);
    EXPECT_NEAR(ratio.value, sample["ratio"], kTolerance);
    EXPECT_NEAR(ratio.p, sample["kruskal_p"], kTolerance);
  }
}

TEST(RankCorrelationTest, OfTwoGroupsIsSpearmansWithoutItsSign) {
  const Numbers groups = {0, 0, 1, 1, 1};
  const Numbers scores = {9, 8, 3, 8.5, 1};
  EXPECT_DOUBLE_EQ(rank_correlation_ratio(groups, scores).value, -spearman(groups, scores).value);
}

TEST(RankCorrelationTest, WhatDoesNotVarySaysNothing) {
  for (const auto& correlation : {spearman, rank_correlation_ratio}) {
    EXPECT_EQ(correlation({1, 1, 1, 1}, {1, 2, 3, 4}).value, 0);
    EXPECT_EQ(correlation({1, 2, 3, 4}, {5, 5, 5, 5}).value, 0);
    EXPECT_EQ(correlation({1, 2}, {1, 2}).p, 1);
  }
}

TEST(ExampleScoresTest, AddUpToTheReportedMetric) {
  const auto accuracy = example_scores("accuracy", {"a", "b", "x"}, {"a", "b", "b"}, 200.0 / 3, {});
  ASSERT_TRUE(accuracy);
  EXPECT_EQ(accuracy->values, (std::vector<float>{100, 100, 0}));

  for (const std::string form : {"matthews", "pearson"}) {
    const Json& sample = golden()[form];
    const std::string metric = form == "matthews" ? "matthews_correlation" : form;
    EXPECT_TRUE(example_scores(metric, sample["predictions"].get<Texts>(),
                               sample["targets"].get<Texts>(), sample["value"], {}))
        << form;
  }
  // scikit-learn's matthews_corrcoef: an answer outside the labels is a class of its own.
  EXPECT_TRUE(example_scores("matthews_correlation", {"1", "0", "x", "1", "0", "yes"},
                             {"1", "0", "1", "0", "0", "1"}, 27.735009811261452, {}));
  EXPECT_TRUE(
      example_scores("matthews_correlation", {"a", "b", "c", "c"}, {"a", "b", "c", "a"}, 70, {}));
  EXPECT_TRUE(example_scores("f1", {"1", "1", "0"}, {"1", "0", "1"}, 50, {}));
  const AnswerScore half = [](const std::string&, const std::string&) { return 50.0; };
  EXPECT_TRUE(example_scores("f1", {"a", "b", "c"}, {"x", "y", "z"}, 50, half));
}

TEST(ExampleScoresTest, AreNotUsedWhereTheyDoNotAddUp) {
  EXPECT_FALSE(example_scores("accuracy", {"a", "b"}, {"a", "b"}, 99, {}));
  EXPECT_FALSE(example_scores("spearman", {"1"}, {"1"}, 100, {}));
  EXPECT_FALSE(example_scores("pearson", {"one"}, {"1"}, 100, {}));
  EXPECT_FALSE(example_scores("accuracy", {}, {}, 0, {}));
}

/// `right` of `all` examples are right.
ExampleScores accuracy_of(std::int64_t right, std::int64_t all, std::int64_t from = 0) {
  ExampleScores scores{MetricForm::kMean, all, 1, {}};
  for (std::int64_t i = 0; i < all; ++i) {
    scores.values.push_back(i >= from && i < from + right ? 100.0F : 0.0F);
  }
  return scores;
}

double deviation(const Numbers& values) { return summarize_seeds(values).std; }

TEST(TaskResamplesTest, OneSeedHasTheErrorOfItsExamples) {
  const ExampleScores scores = accuracy_of(80, 100);
  const Numbers means = TaskResamples(100, 1).means({&scores});
  // Binomial standard error: 100 * sqrt(0.8 * 0.2 / 100) = 4 points; 1000 resamples know it to 2 %.
  EXPECT_NEAR(deviation(means), 4, 0.3);
  EXPECT_NEAR(summarize_seeds(means).mean, 80, 0.5);
  const Interval interval = percentile_interval(means);
  EXPECT_NEAR(interval.low, 72, 1.5);
  EXPECT_NEAR(interval.high, 88, 1.5);
}

TEST(TaskResamplesTest, SeedsThatDifferWidenTheInterval) {
  // Examples without error of their own: every example of a seed is alike.
  std::vector<ExampleScores> seeds;
  for (const float score : {60.0F, 70.0F, 80.0F}) {
    seeds.push_back({MetricForm::kMean, 50, 1, std::vector<float>(50, score)});
  }
  const Numbers means = TaskResamples(50, 3).means({&seeds[0], &seeds[1], &seeds[2]});
  // Standard error of the mean of three: 10 / sqrt(3) = 5.77.
  EXPECT_NEAR(deviation(means), 5.77, 0.4);
}

TEST(TaskResamplesTest, ComparesOnTheSameExamples) {
  const ExampleScores a = accuracy_of(60, 100);
  const ExampleScores b = accuracy_of(57, 100);  // wrong where a is wrong, and three times more
  const TaskResamples resamples(100, 1);
  const Numbers of_a = resamples.means({&a});
  const Numbers of_b = resamples.means({&b});
  Numbers differences;
  for (std::size_t i = 0; i < of_a.size(); ++i) differences.push_back(of_a[i] - of_b[i]);
  // Three discordant pairs: sqrt(0.03 * 0.97 / 100) = 1.7 points, not the 7 of unpaired samples.
  EXPECT_NEAR(deviation(differences), 1.7, 0.2);
  EXPECT_NEAR(bootstrap_p_value(3, differences, 1), 0.08, 0.03);
}

TEST(TaskResamplesTest, SaysTheSameTwice) {
  const ExampleScores scores = accuracy_of(30, 40);
  EXPECT_EQ(TaskResamples(40, 2).means({&scores, &scores}),
            TaskResamples(40, 2).means({&scores, &scores}));
}

TEST(BootstrapTest, PercentilesAreNumpys) {
  const Interval interval = percentile_interval(golden()["percentiles"]["values"]);
  EXPECT_NEAR(interval.low, golden()["percentiles"]["low"], kTolerance);
  EXPECT_NEAR(interval.high, golden()["percentiles"]["high"], kTolerance);
}

TEST(BootstrapTest, EqualMethodsAreNotDistinguishable) {
  EXPECT_EQ(bootstrap_p_value(0, {0, 0, 0}, 3), 1);
}

TEST(BootstrapTest, FewSeedsWidenByStudentsT) {
  const Numbers resamples = {-1, 1};  // deviation sqrt(2)
  // t of two degrees of freedom: F(t) = 1/2 + t / (2 sqrt(2 + t^2)).
  EXPECT_NEAR(bootstrap_p_value(1.96 * std::sqrt(2), resamples, 3), 0.189058, 1e-6);
  EXPECT_NEAR(bootstrap_p_value(1.96 * std::sqrt(2), resamples, 1), 0.049996, 1e-6);
  const Interval interval = bootstrap_interval(50, resamples, 3);
  EXPECT_NEAR(interval.low, 50 - 4.302653 * std::sqrt(2), 1e-5);
  EXPECT_NEAR(interval.high, 50 + 4.302653 * std::sqrt(2), 1e-5);
}

}  // namespace
}  // namespace attempt::results
