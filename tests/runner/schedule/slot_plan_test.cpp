#include "runner/schedule/slot_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "runner/schedule/simulation.h"

namespace attempt::schedule {
namespace {

QueueNode node_of(const SlotWork& work, std::size_t place) {
  QueueNode node;
  node.id = std::to_string(place);
  node.estimated_seconds = work.seconds;
  for (const std::size_t needed : work.needs) node.depends_on.push_back(std::to_string(needed));
  return node;
}

/// Six sources with three targets each: six works of like length for each of four slots.
std::vector<SlotWork> study_of(unsigned seed) {
  std::mt19937 random(seed);
  const auto seconds = [&] { return 50 + static_cast<double>(random() % 500) / 10; };
  std::vector<SlotWork> work;
  for (std::size_t i = 0; i < 6; ++i) work.push_back({.seconds = seconds(), .needs = {}});
  for (std::size_t i = 0; i < 18; ++i) {
    work.push_back({.seconds = seconds(), .needs = {i % 6}});
  }
  return work;
}

TEST(SlotPlanTest, PlansAreShorterThanTheCriticalPathsOrder) {
  int found = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<SlotWork> work = study_of(seed);
    const std::vector<double> urgency = plan_on_slots(work, 4);
    std::vector<QueueNode> nodes;
    for (std::size_t i = 0; i < work.size(); ++i) nodes.push_back(node_of(work[i], i));
    const double usual = simulate(nodes, 4).makespan;
    const double planned = simulate(nodes, 4, {.is_planned = true}).makespan;
    if (urgency.empty()) {
      EXPECT_DOUBLE_EQ(planned, usual);
      continue;
    }
    ++found;
    EXPECT_LT(planned, 0.998 * usual) << seed;
    EXPECT_GE(planned, least_makespan(nodes, 4)) << seed;
    EXPECT_EQ(urgency.size(), work.size());
  }
  EXPECT_GE(found, 10);
}

TEST(SlotPlanTest, PlansHoldWhereWorkTakesOtherTimes) {
  double usual = 0;
  double planned = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<SlotWork> work = study_of(seed);
    if (plan_on_slots(work, 4).empty()) continue;
    std::vector<QueueNode> nodes;
    for (std::size_t i = 0; i < work.size(); ++i) nodes.push_back(node_of(work[i], i));
    std::mt19937 random(seed + 1000);
    for (int set = 0; set < 10; ++set) {
      std::vector<double> seconds;
      for (const SlotWork& one : work) {
        seconds.push_back(one.seconds * (0.85 + 0.3 * static_cast<double>(random() % 1000) / 1000));
      }
      usual += simulate(nodes, 4, {.seconds = seconds}).makespan;
      planned += simulate(nodes, 4, {.is_planned = true, .seconds = seconds}).makespan;
    }
  }
  EXPECT_LT(planned, 0.995 * usual);
}

TEST(SlotPlanTest, WhatRunsComesFirst) {
  int found = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::vector<SlotWork> work = study_of(seed);
    for (const std::size_t running : {8, 9}) {  // targets nearly at their end
      work[running] = {.seconds = 10, .is_running = true, .needs = {}};
    }
    const std::vector<double> urgency = plan_on_slots(work, 4);
    if (urgency.empty()) continue;
    ++found;
    const double others = *std::max_element(urgency.begin(), urgency.begin() + 8);
    EXPECT_GT(std::min(urgency[8], urgency[9]), others) << seed;
  }
  EXPECT_GE(found, 10);
}

TEST(SlotPlanTest, NothingIsPlannedWhereTheCriticalPathIsAsGood) {
  EXPECT_TRUE(plan_on_slots({}, 4).empty());
  EXPECT_TRUE(plan_on_slots(study_of(1), 0).empty());
  EXPECT_TRUE(plan_on_slots(study_of(1), 1).empty());    // never idle
  EXPECT_TRUE(plan_on_slots(study_of(1), 100).empty());  // the longest chain
}

}  // namespace
}  // namespace attempt::schedule
