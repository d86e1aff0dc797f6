#include "runner/schedule/speed_learner.h"

#include <gtest/gtest.h>

namespace attempt::schedule {
namespace {

TEST(SpeedLearnerTest, BelievesTheEstimatesUntilSomethingFinished) {
  SpeedLearner learner;
  learner.add("a", "x", 10);
  EXPECT_DOUBLE_EQ(learner.expected_seconds("a"), 10);
  EXPECT_DOUBLE_EQ(learner.ratio(), 1);
}

TEST(SpeedLearnerTest, AKindIsCorrectedByItsOwnOthersByAll) {
  SpeedLearner learner;
  for (const char* id : {"a1", "a2", "a3"}) learner.add(id, "a", 10);
  learner.add("b1", "b", 100);
  learner.add("b2", "b", 100);
  learner.add("c", "c", 1000);
  learner.note("a1", 20);
  learner.note("a2", 40);
  learner.note("b1", 60);
  EXPECT_DOUBLE_EQ(learner.expected_seconds("a3"), 30);
  EXPECT_DOUBLE_EQ(learner.expected_seconds("b2"), 60);
  EXPECT_DOUBLE_EQ(learner.ratio(), 1);  // 120 of 120
  EXPECT_DOUBLE_EQ(learner.expected_seconds("c"), 1000);
}

TEST(SpeedLearnerTest, PassesOverWhatSaysNothing) {
  SpeedLearner learner;
  learner.add("a", "x", 10);
  learner.add("none", "y", 0);
  learner.note("unknown", 5);
  learner.note("none", 5);
  learner.note("a", 0);
  EXPECT_DOUBLE_EQ(learner.expected_seconds("a"), 10);
}

}  // namespace
}  // namespace attempt::schedule
