#include "runner/train/learning_rate_schedule.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace attempt::train {
namespace {

TEST(LearningRateScheduleTest, LinearStartsAtZeroPeaksAfterWarmupAndFallsToOneStepBeforeZero) {
  const LearningRateSchedule schedule{ScheduleKind::kLinear, 10, 60};

  EXPECT_EQ(schedule.factor(0), 0);
  EXPECT_DOUBLE_EQ(schedule.factor(7), 0.7);
  EXPECT_EQ(schedule.factor(10), 1);
  EXPECT_DOUBLE_EQ(schedule.factor(35), 0.5);
  EXPECT_DOUBLE_EQ(schedule.factor(59), 0.02);
  EXPECT_EQ(schedule.factor(60), 0);
  EXPECT_EQ(schedule.factor(1000), 0);
}

TEST(LearningRateScheduleTest, LinearWithoutWarmupStartsAtTheFullRate) {
  EXPECT_EQ((LearningRateSchedule{ScheduleKind::kLinear, 0, 4}.factor(0)), 1);
  EXPECT_DOUBLE_EQ((LearningRateSchedule{ScheduleKind::kLinear, 0, 4}.factor(3)), 0.25);
}

TEST(LearningRateScheduleTest, LinearNeverLeavesAWarmupThatIsLongerThanTheTrial) {
  const LearningRateSchedule cb{ScheduleKind::kLinear, 500, 160};

  EXPECT_DOUBLE_EQ(cb.factor(159), 0.318);  // 0.3 times this is the 0.095 of methods.md section 2
}

TEST(LearningRateScheduleTest, ConstantSchedulesStayAtOne) {
  EXPECT_EQ((LearningRateSchedule{ScheduleKind::kConstant, 10, 60}.factor(0)), 1);
  EXPECT_DOUBLE_EQ((LearningRateSchedule{ScheduleKind::kConstantWithWarmup, 10, 60}.factor(5)),
                   0.5);
  EXPECT_EQ((LearningRateSchedule{ScheduleKind::kConstantWithWarmup, 10, 60}.factor(59)), 1);
}

TEST(LearningRateScheduleTest, RefusesAnUnknownName) {
  EXPECT_EQ(parse_schedule_kind("constant_with_warmup"), ScheduleKind::kConstantWithWarmup);
  EXPECT_THROW(parse_schedule_kind("cosine"), std::invalid_argument);
}

}  // namespace
}  // namespace attempt::train
