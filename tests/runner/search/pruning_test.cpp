#include "runner/search/pruning.h"

#include <gmock/gmock.h>

namespace attempt::search {
namespace {

using testing::HasSubstr;

/// A curve that is evaluated every 10 steps.
Curve curve(const std::vector<double>& scores) {
  Curve result{{}, scores};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    result.steps.push_back(10 * static_cast<std::int64_t>(i + 1));
  }
  return result;
}

std::string judged(const PruningRule& rule, const std::vector<double>& scores,
                   const std::vector<std::vector<double>>& others, std::int64_t total_steps = 200) {
  std::vector<Curve> curves;
  for (const auto& other : others) curves.push_back(curve(other));
  std::vector<const Curve*> pointers;
  for (const Curve& each : curves) pointers.push_back(&each);
  return reason_to_stop(rule, curve(scores), pointers, total_steps);
}

const std::vector<std::vector<double>> kOthers = {
    {50, 60, 70, 80}, {50, 61, 71, 81}, {50, 59, 69, 79}, {50, 62, 72, 82}};

TEST(PruningTest, MedianStopsWhatIsBelowTheMiddleOfTheOthersAtTheSameEvaluation) {
  const PruningRule rule{"median", 1};
  EXPECT_THAT(judged(rule, {50, 55, 60}, kOthers),
              HasSubstr("60.00, the median of 4 others 70.50"));
  EXPECT_EQ(judged(rule, {50, 55, 71}, kOthers), "");
  EXPECT_EQ(judged(rule, {50, 71, 60}, kOthers), "") << "its best counts";
}

TEST(PruningTest, NothingIsStoppedEarlyAloneOrAtItsEnd) {
  EXPECT_EQ(judged({"median", 3}, {1, 1, 1}, kOthers), "") << "too early";
  EXPECT_EQ(judged({"median", 1}, {1, 1, 1}, {kOthers[0], kOthers[1], kOthers[2]}), "")
      << "too few others";
  EXPECT_EQ(judged({"median", 1}, {1, 1, 1}, kOthers, 30), "") << "it has ended";
  EXPECT_EQ(judged({"median", 1}, {1, 1, 1, 1, 1}, kOthers), "") << "nobody came so far";
  EXPECT_EQ(judged({"off", 1}, {1, 1, 1}, kOthers), "");
}

TEST(PruningTest, AshaKeepsTheBestThirdAtItsRungs) {
  const PruningRule rule{"asha", 2};
  EXPECT_NE(judged(rule, {50, 60.5}, kOthers), "");  // 2 of 4 are better, 2 of 5 stay
  EXPECT_EQ(judged(rule, {50, 61.5}, kOthers), "");
  EXPECT_EQ(judged(rule, {50, 1, 1}, kOthers), "") << "no rung";
  EXPECT_NE(judged(rule, {50, 1}, kOthers), "");
  EXPECT_EQ(judged(rule, {50, 1}, {kOthers[0]}), "") << "fewer than three";
}

TEST(PruningTest, PlateauLeavesAPromptOnItsFloorForHalfOfItsSteps) {
  const PruningRule rule{"plateau", 2};
  const std::vector<std::vector<double>> risen(4, {0, 0, 10, 20, 30, 40, 50, 50, 50, 50, 50, 50});
  // As CoLA: at 0.0 for six evaluations, then up.
  EXPECT_EQ(judged(rule, {0, 0, 0, 0, 0, 0}, risen), "");
  EXPECT_EQ(judged(rule, {0, 0, 0, 0, 0, 0, 30}, risen), "") << "it rises";
  EXPECT_THAT(judged(rule, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, risen),
              HasSubstr("not left its first score by step 100, and 4 of 4 others have"));
  const std::vector<std::vector<double>> flat(4, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0.4});
  EXPECT_EQ(judged(rule, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, flat), "") << "nobody has risen";
}

TEST(PruningTest, PlateauStopsWhatRisesNoMoreBelowTheOthers) {
  const PruningRule rule{"plateau", 2};
  const std::vector<std::vector<double>> others(4, {0, 10, 20, 30, 40, 50});
  EXPECT_THAT(judged(rule, {0, 15, 15.2, 15.1}, others), HasSubstr("brought nothing beyond 15.20"));
  EXPECT_EQ(judged(rule, {0, 15, 16, 17}, others), "") << "it rises";
  EXPECT_EQ(judged(rule, {0, 35, 35, 35}, others), "") << "it is ahead";
}

}  // namespace
}  // namespace attempt::search
