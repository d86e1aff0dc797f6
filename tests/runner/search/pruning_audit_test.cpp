#include "runner/search/pruning_audit.h"

#include <gmock/gmock.h>

namespace attempt::search {
namespace {

FullRun run(std::int64_t configuration, const std::vector<double>& scores) {
  FullRun result{configuration, {{}, scores}};
  for (std::size_t i = 0; i < scores.size(); ++i) {
    result.curve.steps.push_back(10 * static_cast<std::int64_t>(i + 1));
  }
  return result;
}

TEST(PruningAuditTest, TellsWhatStoppingSavesWhereTheGoodStayAhead) {
  const std::vector<FullRun> runs = {run(0, {10, 20, 30, 40}), run(1, {11, 22, 33, 44}),
                                     run(2, {12, 24, 36, 48}), run(3, {13, 26, 39, 52}),
                                     run(4, {14, 28, 42, 56})};
  const PruningAudit result = audit({"median", 1}, runs);
  EXPECT_EQ(result.trials, 5);
  EXPECT_EQ(result.stopped, 2);  // 0 and 1 after two evaluations; then too few others are left
  EXPECT_EQ(result.steps, 200);
  EXPECT_EQ(result.steps_saved, 40);
  EXPECT_DOUBLE_EQ(result.regret, 0);
}

TEST(PruningAuditTest, TellsWhatItCostsToStopALateRiser) {
  const std::vector<FullRun> runs = {run(0, {0, 0, 0, 90}), run(1, {11, 22, 33, 44}),
                                     run(2, {12, 24, 36, 48}), run(3, {13, 26, 39, 52}),
                                     run(4, {14, 28, 42, 56})};
  EXPECT_DOUBLE_EQ(audit({"median", 1}, runs).regret, 90 - 56);
  EXPECT_DOUBLE_EQ(audit({"off", 1}, runs).regret, 0);
}

TEST(PruningAuditTest, SeedsOfAConfigurationCountTogether) {
  const std::vector<FullRun> runs = {run(0, {10}), run(0, {90}), run(1, {60}), run(1, {60})};
  const PruningAudit result = audit({"median", 1}, runs);
  EXPECT_EQ(result.stopped, 0);
  EXPECT_DOUBLE_EQ(result.regret, 0);
  EXPECT_THAT(audit_text("attempt/rte", {"median", 1}, result),
              testing::HasSubstr("stopped 0 of 4 trials, saved 0 % of their steps, and cost 0.00"));
}

}  // namespace
}  // namespace attempt::search
