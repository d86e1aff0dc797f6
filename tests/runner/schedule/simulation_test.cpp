#include "runner/schedule/simulation.h"

#include <gtest/gtest.h>

namespace attempt::schedule {
namespace {

QueueNode node(const std::string& id, double seconds, std::vector<std::string> depends_on = {}) {
  QueueNode result;
  result.id = id;
  result.estimated_seconds = seconds;
  result.depends_on = std::move(depends_on);
  return result;
}

TEST(SimulationTest, OneDeviceDoesOneThingAfterAnother) {
  const Simulation one = simulate({node("a", 2), node("b", 3, {"a"}), node("c", 5)}, 1);
  EXPECT_DOUBLE_EQ(one.makespan, 10);
  EXPECT_DOUBLE_EQ(one.idle, 0);
}

TEST(SimulationTest, DevicesWaitForWhatTheirWorkNeeds) {
  const std::vector<QueueNode> nodes = {node("a", 2), node("b", 3, {"a"}), node("c", 1)};
  const Simulation two = simulate(nodes, 2);
  EXPECT_DOUBLE_EQ(two.makespan, 5);
  EXPECT_DOUBLE_EQ(two.idle, 1 - 6.0 / 10);
  EXPECT_DOUBLE_EQ(least_makespan(nodes, 2), 5);
  EXPECT_DOUBLE_EQ(least_makespan(nodes, 1), 6);
}

TEST(SimulationTest, TheCriticalPathFirstBeatsOtherOrders) {
  // A short source with a long target behind it, beside trials that are longer than the source.
  std::vector<QueueNode> nodes = {node("x", 4), node("y", 4), node("source", 1),
                                  node("target", 9, {"source"}), node("z", 4)};
  EXPECT_DOUBLE_EQ(simulate(nodes, 2).makespan, 12);
  EXPECT_DOUBLE_EQ(simulate(nodes, 2, {.order = QueueOrder::kAsGiven}).makespan, 14);
  EXPECT_DOUBLE_EQ(simulate(nodes, 2, {.order = QueueOrder::kLongestFirst}).makespan, 14);
}

TEST(SimulationTest, OtherTimesThanTheEstimatesOrderNothing) {
  const std::vector<QueueNode> nodes = {node("a", 2), node("b", 3), node("c", 4)};
  // c and b begin, as by the estimates; a follows b.
  EXPECT_DOUBLE_EQ(simulate(nodes, 2, {.seconds = {9, 1, 5}}).makespan, 10);
}

TEST(SimulationTest, ABarrierBetweenThePhasesCosts) {
  const std::vector<QueueNode> nodes = {node("s1", 1), node("s2", 5), node("t1", 5, {"s1"}),
                                        node("free", 4)};
  EXPECT_DOUBLE_EQ(simulate(nodes, 2).makespan, 9);  // s1 t1 | s2 free
  EXPECT_DOUBLE_EQ(simulate_phases(nodes, {true, true, false, false}, 2).makespan, 10);
}

TEST(SimulationTest, WhatWaitsForItsSourceIsSpreadFromItsEndOn) {
  // The longest chain takes 12, all work on two devices 11; the four targets keep both until 14.
  std::vector<QueueNode> nodes = {node("source", 6), node("other", 6, {"source"})};
  for (const char* id : {"t1", "t2", "t3", "t4"}) nodes.push_back(node(id, 2.5, {"source"}));
  EXPECT_DOUBLE_EQ(least_makespan(nodes, 2), 12);
  EXPECT_DOUBLE_EQ(least_makespan_with_waiting(nodes, 2), 14);
  EXPECT_DOUBLE_EQ(least_makespan_with_waiting(nodes, 8), 12);
  EXPECT_LE(least_makespan_with_waiting(nodes, 2), simulate(nodes, 2).makespan);
}

TEST(SimulationTest, WhatHasFinishedTakesNoTime) {
  QueueNode done = node("a", 100);
  done.is_succeeded = true;
  EXPECT_DOUBLE_EQ(simulate({done, node("b", 3, {"a"})}, 4).makespan, 3);
}

}  // namespace
}  // namespace attempt::schedule
