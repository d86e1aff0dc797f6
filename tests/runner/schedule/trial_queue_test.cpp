#include "runner/schedule/trial_queue.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace attempt::schedule {
namespace {

using process::OutcomeStatus;

QueueNode node(const std::string& id, std::vector<std::string> depends_on = {},
               double seconds = 1) {
  QueueNode result;
  result.id = id;
  result.depends_on = std::move(depends_on);
  result.estimated_seconds = seconds;
  return result;
}

TEST(TrialQueueTest, StartsTheLongestPathFirst) {
  TrialQueue queue({node("short", {}, 5), node("head", {}, 1), node("tail", {"head"}, 9)}, {});
  EXPECT_EQ(queue.start_next()->id, "head");
  EXPECT_EQ(queue.start_next()->id, "short");
  EXPECT_FALSE(queue.start_next());
}

TEST(TrialQueueTest, MatesAreReadyNodesOfTheSameKeyThatMayShare) {
  const auto of_key = [](const std::string& id, const std::string& key,
                         std::vector<std::string> depends_on = {}) {
    QueueNode made = node(id, std::move(depends_on), id == "a" ? 9 : 1);
    made.bundle_key = key;
    return made;
  };
  TrialQueue queue({of_key("a", "k"), of_key("b", "other"), of_key("c", "k"), of_key("d", "k"),
                    of_key("not_ready", "k", {"b"}), of_key("e", "k"), of_key("f", "")},
                   {});
  EXPECT_EQ(queue.start_next()->id, "a");
  EXPECT_EQ(queue.ready(), 5);

  const auto mates = queue.start_mates("a", 2, [](const std::string& id) { return id != "c"; });

  ASSERT_EQ(mates.size(), 2U);
  EXPECT_EQ(mates[0].id, "d");
  EXPECT_EQ(mates[1].id, "e");
  EXPECT_EQ(queue.status("d"), NodeStatus::kRunning);
  EXPECT_EQ(queue.status("c"), NodeStatus::kWaiting);
  EXPECT_EQ(queue.start_next()->id, "b");
  EXPECT_TRUE(queue.start_mates("f", 5, [](const std::string&) { return true; }).empty());
}

TEST(TrialQueueTest, NewEstimatesChangeTheOrderOfWhatWaits) {
  TrialQueue queue({node("head", {}, 1), node("tail", {"head"}, 9), node("long", {}, 8)}, {});
  queue.estimate_anew([](const std::string& id) { return id == "long" ? 30.0 : 2.0; });
  EXPECT_EQ(queue.start_next()->id, "long");
  queue.estimate_anew([](const std::string& id) { return id == "tail" ? 90.0 : 1.0; });
  EXPECT_EQ(queue.start_next()->id, "head");
  EXPECT_TRUE(queue.finish("long", 1, OutcomeStatus::kSucceeded));
  EXPECT_FALSE(queue.start_next());
  EXPECT_TRUE(queue.finish("head", 1, OutcomeStatus::kSucceeded));
  EXPECT_EQ(queue.start_next()->id, "tail");
}

TEST(TrialQueueTest, APlanForTheSlotsHoldsUntilNewEstimates) {
  // By the critical path c and a begin, and d ends at 12; with b and a first all is done at 11.
  const std::vector<QueueNode> nodes = {node("a", {}, 1), node("b", {}, 5), node("c", {}, 8),
                                        node("d", {"a"}, 6), node("e", {"b"}, 1)};
  const auto no_time = [](const std::string&) { return 0; };
  TrialQueue planned(nodes, {});
  planned.plan_on(2, no_time);
  EXPECT_EQ(planned.start_next()->id, "b");
  EXPECT_EQ(planned.start_next()->id, "a");

  TrialQueue estimated(nodes, {});
  estimated.plan_on(2, no_time);
  estimated.estimate_anew([&](const std::string& id) {
    return nodes[static_cast<std::size_t>(id[0] - 'a')].estimated_seconds;
  });
  EXPECT_EQ(estimated.start_next()->id, "c");

  TrialQueue on_other_slots(nodes, {});
  on_other_slots.plan_on(2, no_time);
  on_other_slots.plan_on(5, no_time);
  EXPECT_EQ(on_other_slots.start_next()->id, "c");
}

TEST(TrialQueueTest, APlanCountsWhatIsLeftOfThoseThatRun) {
  std::vector<QueueNode> nodes = {node("a", {}, 1), node("b", {}, 5), node("c", {}, 8),
                                  node("d", {"a"}, 6), node("e", {"b"}, 1)};
  nodes.push_back(node("running", {}, 100));
  TrialQueue queue(nodes, {});
  EXPECT_EQ(queue.start_next()->id, "running");
  queue.plan_on(2, [](const std::string& id) { return id == "running" ? 0 : 1000; });
  EXPECT_EQ(queue.start_next()->id, "b");

  TrialQueue long_running(nodes, {});
  EXPECT_EQ(long_running.start_next()->id, "running");
  long_running.plan_on(2, [](const std::string&) { return 90; });
  EXPECT_EQ(long_running.start_next()->id, "c");
}

TEST(TrialQueueTest, KeepsTheGivenOrderAmongEquals) {
  TrialQueue queue({node("b"), node("a")}, {});
  EXPECT_EQ(queue.start_next()->id, "b");
  EXPECT_EQ(queue.start_next()->id, "a");
}

TEST(TrialQueueTest, StartsDependentsWhenAllTheyNeedHasSucceeded) {
  TrialQueue queue({node("a"), node("b"), node("c", {"a", "b"})}, {});
  queue.start_next();
  queue.start_next();
  EXPECT_TRUE(queue.finish("a", 1, OutcomeStatus::kSucceeded));
  EXPECT_FALSE(queue.start_next());
  EXPECT_TRUE(queue.finish("b", 1, OutcomeStatus::kSucceeded));
  EXPECT_EQ(queue.start_next()->id, "c");
  EXPECT_TRUE(queue.finish("c", 1, OutcomeStatus::kSucceeded));
  EXPECT_TRUE(queue.is_done());
  EXPECT_TRUE(queue.is_complete());
  EXPECT_EQ(queue.count(NodeStatus::kSucceeded), 3);
}

TEST(TrialQueueTest, RequeuesFailedTrialUntilMaxAttempts) {
  TrialQueue queue({node("a")}, {.max_attempts = 2});
  EXPECT_EQ(queue.start_next()->attempt, 1);
  queue.finish("a", 1, OutcomeStatus::kFailed);
  EXPECT_EQ(queue.status("a"), NodeStatus::kWaiting);
  EXPECT_EQ(queue.start_next()->attempt, 2);
  queue.finish("a", 2, OutcomeStatus::kFailed);
  EXPECT_EQ(queue.status("a"), NodeStatus::kFailed);
  EXPECT_EQ(queue.attempts("a"), 2);
  EXPECT_TRUE(queue.is_complete());
}

TEST(TrialQueueTest, LostAndInterruptedAttemptsCountNothing) {
  TrialQueue queue({node("a")}, {.max_attempts = 1});
  for (const auto status : {OutcomeStatus::kLost, OutcomeStatus::kInterrupted}) {
    const auto started = queue.start_next();
    EXPECT_TRUE(queue.finish("a", started->attempt, status));
    EXPECT_EQ(queue.status("a"), NodeStatus::kWaiting);
  }
  EXPECT_EQ(queue.attempts("a"), 0);
  EXPECT_EQ(queue.start_next()->attempt, 3);
}

TEST(TrialQueueTest, FailedNodeBlocksAllThatDependOnIt) {
  TrialQueue queue({node("a"), node("b", {"a"}), node("c", {"b"}), node("d")}, {.max_attempts = 1});
  queue.start_next();
  queue.finish("a", 1, OutcomeStatus::kFailed);
  EXPECT_EQ(queue.status("c"), NodeStatus::kBlocked);
  EXPECT_EQ(queue.blocked_by("c"), "a");
  EXPECT_EQ(queue.count(NodeStatus::kBlocked), 2);
  EXPECT_EQ(queue.start_next()->id, "d");
}

TEST(TrialQueueTest, NodeBlockedOnOneSideNeverStarts) {
  TrialQueue queue({node("a", {}, 9), node("b"), node("c", {"a", "b"})}, {.max_attempts = 1});
  queue.start_next();
  queue.start_next();
  queue.finish("a", 1, OutcomeStatus::kFailed);
  queue.finish("b", 1, OutcomeStatus::kSucceeded);
  EXPECT_FALSE(queue.start_next());
  EXPECT_TRUE(queue.is_complete());
}

TEST(TrialQueueTest, AnswersThatComeTooLateChangeNothing) {
  TrialQueue queue({node("a")}, {});
  EXPECT_FALSE(queue.finish("a", 1, OutcomeStatus::kSucceeded));  // never started
  queue.start_next();
  queue.finish("a", 1, OutcomeStatus::kLost);
  queue.start_next();
  EXPECT_FALSE(queue.finish("a", 1, OutcomeStatus::kFailed));
  EXPECT_FALSE(queue.finish("unknown", 1, OutcomeStatus::kFailed));
  EXPECT_EQ(queue.status("a"), NodeStatus::kRunning);
  EXPECT_EQ(queue.running(), 1);
}

TEST(TrialQueueTest, TakesUpWhatEarlierRunsDid) {
  QueueNode done = node("done");
  done.is_succeeded = true;
  QueueNode failed = node("failed");
  failed.is_failed = true;
  QueueNode tried = node("tried", {"done"});
  tried.attempts = 1;
  tried.started = 4;
  TrialQueue queue({done, failed, tried, node("blocked", {"failed"})}, {.max_attempts = 2});
  EXPECT_EQ(queue.status("blocked"), NodeStatus::kBlocked);
  const auto started = queue.start_next();
  EXPECT_EQ(started->id, "tried");
  EXPECT_EQ(started->attempt, 5);
  queue.finish("tried", 5, OutcomeStatus::kFailed);
  EXPECT_EQ(queue.status("tried"), NodeStatus::kFailed);
  EXPECT_FALSE(queue.start_next());
}

TEST(TrialQueueTest, StartsNothingAfterStop) {
  TrialQueue queue({node("a"), node("b")}, {});
  queue.start_next();
  queue.stop();
  EXPECT_FALSE(queue.start_next());
  EXPECT_FALSE(queue.is_done());
  queue.finish("a", 1, OutcomeStatus::kInterrupted);
  EXPECT_TRUE(queue.is_done());
  EXPECT_FALSE(queue.is_complete());
}

TEST(TrialQueueTest, StopsAfterMoreFailuresThanAllowed) {
  TrialQueue queue({node("a"), node("b"), node("c")}, {.max_attempts = 1, .max_failed_trials = 1});
  queue.start_next();
  queue.finish("a", 1, OutcomeStatus::kFailed);
  EXPECT_FALSE(queue.is_stopped());
  queue.start_next();
  queue.finish("b", 1, OutcomeStatus::kFailed);
  EXPECT_TRUE(queue.is_stopped());
  EXPECT_TRUE(queue.is_failure_limit_reached());
  EXPECT_FALSE(queue.start_next());
}

TEST(TrialQueueTest, PrepareNodesAreInNoCountButTheirFailureIsOne) {
  QueueNode prepare = node("prepare:rte:1");
  prepare.is_prepare = true;
  TrialQueue queue({prepare, node("a", {"prepare:rte:1"})}, {.max_attempts = 1});
  const auto started = queue.start_next();
  EXPECT_TRUE(started->is_prepare);
  EXPECT_EQ(queue.count(NodeStatus::kRunning), 0);
  queue.finish("prepare:rte:1", 1, OutcomeStatus::kFailed);
  EXPECT_EQ(queue.count(NodeStatus::kFailed), 0);
  EXPECT_TRUE(queue.has_failures());
  EXPECT_EQ(queue.count(NodeStatus::kBlocked), 1);
}

TEST(TrialQueueTest, RefusesGraphsThatCannotBeRun) {
  EXPECT_THROW(TrialQueue({node("a"), node("a")}, {}), std::logic_error);
  EXPECT_THROW(TrialQueue({node("a", {"b"})}, {}), std::logic_error);
  EXPECT_THROW(TrialQueue({node("a", {"b"}), node("b", {"a"})}, {}), std::logic_error);
}

TEST(TrialQueueTest, NodesThatBecomeKnownLaterTakeTheirPlace) {
  TrialQueue queue({node("a"), node("b", {}, 5)}, {});
  queue.start_next();  // b
  queue.add({node("long", {"a"}, 9), node("quick", {"b"}, 1), node("free", {}, 2)});
  EXPECT_EQ(queue.start_next()->id, "a");  // its path is the longest now
  EXPECT_EQ(queue.start_next()->id, "free");
  EXPECT_FALSE(queue.start_next());
  EXPECT_TRUE(queue.finish("a", 1, OutcomeStatus::kSucceeded));
  EXPECT_EQ(queue.start_next()->id, "long");
  EXPECT_TRUE(queue.finish("b", 1, OutcomeStatus::kSucceeded));
  EXPECT_EQ(queue.start_next()->id, "quick");
}

TEST(TrialQueueTest, NodesAddedBehindWhatEndedStartOrAreBlocked) {
  TrialQueue queue({node("good"), node("bad")}, {.max_attempts = 1});
  queue.start_next();
  queue.start_next();
  queue.finish("good", 1, OutcomeStatus::kSucceeded);
  queue.finish("bad", 1, OutcomeStatus::kFailed);
  queue.add({node("behind good", {"good"}), node("behind bad", {"bad"}),
             node("further", {"behind bad"})});
  EXPECT_EQ(queue.start_next()->id, "behind good");
  EXPECT_EQ(queue.status("behind bad"), NodeStatus::kBlocked);
  EXPECT_EQ(queue.blocked_by("further"), "bad");
  EXPECT_THROW(queue.add({node("good")}), std::logic_error);
}

TEST(TrialQueueTest, WhatAnotherRunHoldsIsNeitherStartedNorForgotten) {
  TrialQueue queue({node("a"), node("b", {"a"})}, {});
  queue.hold_elsewhere("a");
  EXPECT_FALSE(queue.start_next());
  EXPECT_FALSE(queue.is_done());
  queue.end_elsewhere("a", /*is_succeeded=*/true);
  EXPECT_EQ(queue.start_next()->id, "b");
}

TEST(TrialQueueTest, ALostRunsTrialIsTakenOverUnderTheNextNumber) {
  TrialQueue queue({node("a")}, {.max_attempts = 2});
  queue.hold_elsewhere("a");
  queue.free("a", /*started=*/3, /*attempts=*/1);
  EXPECT_EQ(queue.start_next()->attempt, 4);
  queue.finish("a", 4, OutcomeStatus::kFailed);
  EXPECT_EQ(queue.status("a"), NodeStatus::kFailed) << "the other run's fault counts";
}

TEST(TrialQueueTest, AClaimThatAnotherRunWonIsGivenUp) {
  TrialQueue queue({node("a")}, {});
  queue.start_next();
  queue.give_up("a", 1);
  EXPECT_EQ(queue.status("a"), NodeStatus::kElsewhere);
  EXPECT_FALSE(queue.is_done());
  EXPECT_FALSE(queue.is_complete());
  queue.stop();
  EXPECT_TRUE(queue.is_done());
  EXPECT_FALSE(queue.is_complete()) << "work is left";
}

TEST(TrialQueueTest, NewsOfOthersChangeNothingThatRunsHere) {
  TrialQueue queue({node("a")}, {});
  queue.start_next();
  queue.hold_elsewhere("a");
  queue.free("a", 7, 0);
  queue.end_elsewhere("a", /*is_succeeded=*/true);
  EXPECT_EQ(queue.status("a"), NodeStatus::kRunning);
  EXPECT_TRUE(queue.finish("a", 1, OutcomeStatus::kLost));
  queue.end_elsewhere("a", /*is_succeeded=*/true);
  EXPECT_TRUE(queue.is_complete());
}

TEST(TrialQueueTest, AFailureElsewhereBlocksWhatNeedsIt) {
  TrialQueue queue({node("a"), node("b", {"a"})}, {});
  queue.hold_elsewhere("a");
  queue.end_elsewhere("a", /*is_succeeded=*/false);
  EXPECT_EQ(queue.status("b"), NodeStatus::kBlocked);
  EXPECT_TRUE(queue.is_complete());
}

}  // namespace
}  // namespace attempt::schedule
