#include "runner/schedule/slot_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

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
  std::uniform_real_distribution<double> seconds(50, 100);
  std::vector<SlotWork> work;
  for (std::size_t i = 0; i < 6; ++i) work.push_back({.seconds = seconds(random), .needs = {}});
  for (std::size_t i = 0; i < 18; ++i) {
    work.push_back({.seconds = seconds(random), .needs = {i % 6}});
  }
  return work;
}

TEST(SlotPlanTest, PlansAreShorterThanTheCriticalPathsOrder) {
  int found = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    const std::vector<SlotWork> work = study_of(seed);
    const std::vector<std::size_t> places = plan_on_slots(work, 4);
    std::vector<QueueNode> nodes;
    for (std::size_t i = 0; i < work.size(); ++i) nodes.push_back(node_of(work[i], i));
    const double usual = simulate(nodes, 4).makespan;
    const double planned = simulate(nodes, 4, {.is_planned = true}).makespan;
    if (places.empty()) {
      EXPECT_DOUBLE_EQ(planned, usual);
      continue;
    }
    ++found;
    EXPECT_LT(planned, 0.998 * usual) << seed;
    EXPECT_GE(planned, least_makespan(nodes, 4)) << seed;
    EXPECT_EQ(std::set<std::size_t>(places.begin(), places.end()).size(), work.size());
    EXPECT_EQ(*std::max_element(places.begin(), places.end()), work.size() - 1);
  }
  EXPECT_GE(found, 10);
}

TEST(SlotPlanTest, TheSameWorkGivesTheSamePlan) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    EXPECT_EQ(plan_on_slots(study_of(seed), 4), plan_on_slots(study_of(seed), 4));
  }
}

TEST(SlotPlanTest, WhatRunsComesFirst) {
  int found = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::vector<SlotWork> work = study_of(seed);
    for (const std::size_t running : {8, 9}) {  // targets nearly at their end
      work[running] = {.seconds = 1, .is_running = true, .needs = {}};
    }
    const std::vector<std::size_t> places = plan_on_slots(work, 4);
    if (places.empty()) continue;
    ++found;
    EXPECT_EQ(places[8] + places[9], 1) << seed;
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
