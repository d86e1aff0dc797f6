#include "results/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "results/event_line.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() : folder_(temporary_.path()) { folder_.create(); }

  const test::TemporaryFolder temporary_;
  const StudyFolder folder_;
};

TEST_F(EventLogTest, GivesBackWhatWasFlushed) {
  {
    EventLog log(folder_, "r1");
    log.append("run_started", "", {{"host", "one"}});
    log.append("attempt_started", "t", {{"attempt", 1}, {"loss", 0.1}});
    log.flush();
    EXPECT_EQ(read_events(folder_).events.size(), 2U);
    log.append("run_ended", "", {});
  }
  const EventHistory history = read_events(folder_);

  ASSERT_EQ(history.events.size(), 3U);
  EXPECT_EQ(history.events[1].type, "attempt_started");
  EXPECT_EQ(history.events[1].trial_id, "t");
  EXPECT_EQ(history.events[1].run_id, "r1");
  EXPECT_EQ(history.events[1].sequence, 2);
  EXPECT_EQ(history.events[1].data.at("loss"), 0.1);
  EXPECT_EQ(history.events[1].time.size(), 24U) << history.events[1].time;
  EXPECT_EQ(history.damaged_lines, 0);
  EXPECT_EQ(history.unfinished_lines, 0);
}

TEST_F(EventLogTest, EveryCutAndEveryChangedByteOfALineIsFound) {
  const Event event{"trial_failed", "2026-01-02T03:04:05.006Z", "r", 7, "t", {{"message", "ü\n"}}};
  const std::string line = encode_event(event);
  ASSERT_TRUE(decode_event(line).has_value());
  EXPECT_EQ(decode_event(line)->data, event.data);

  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(decode_event(line.substr(0, size)).has_value()) << size;
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = line;
      changed[size] = static_cast<char>(changed[size] ^ (1 << bit));
      EXPECT_FALSE(decode_event(changed).has_value()) << changed;
    }
  }
}

TEST_F(EventLogTest, SkipsAndCountsDamagedLinesAndAHalfLast) {
  {
    EventLog log(folder_, "r");
    for (int i = 0; i < 4; ++i) log.append("progress", "t", {{"step", i}});
  }
  std::string text = test::read_file(folder_.events_of("r"));
  text[text.find("\"step\":1") + 7] = '9';
  text.resize(text.size() - 5);
  test::write_file(folder_.events_of("r"), text);

  const EventHistory history = read_events(folder_);

  ASSERT_EQ(history.events.size(), 2U);
  EXPECT_EQ(history.events[1].data.at("step"), 2);
  EXPECT_EQ(history.damaged_lines, 1);
  EXPECT_EQ(history.unfinished_lines, 1);
}

TEST_F(EventLogTest, GoesOnAfterAHalfLine) {
  { EventLog(folder_, "r").append("a", "", {}); }
  std::string text = test::read_file(folder_.events_of("r"));
  test::write_file(folder_.events_of("r"), text + text.substr(0, 20));

  { EventLog(folder_, "r").append("b", "", {}); }
  const EventHistory history = read_events(folder_);

  ASSERT_EQ(history.events.size(), 2U);
  EXPECT_EQ(history.events[1].type, "b");
  EXPECT_EQ(history.events[1].sequence, 2);
  EXPECT_EQ(history.damaged_lines, 0);
}

TEST_F(EventLogTest, OrdersRunsByTimeAndARunByItsOwnOrder) {
  const auto line = [](const char* run, int sequence, const char* time) {
    return encode_event({"x", time, run, sequence, "", {}}) + "\n";
  };
  // The clock of run b was set back between its lines.
  test::write_file(folder_.events_of("b"), line("b", 1, "2026-01-01T00:00:05.000Z") +
                                               line("b", 2, "2026-01-01T00:00:01.000Z"));
  test::write_file(folder_.events_of("a"), line("a", 1, "2026-01-01T00:00:04.000Z") +
                                               line("a", 2, "2026-01-01T00:00:06.000Z"));

  std::string order;
  for (const Event& event : read_events(folder_).events) {
    order += event.run_id + std::to_string(event.sequence) + " ";
  }
  EXPECT_EQ(order, "a1 b1 b2 a2 ");
}

TEST_F(EventLogTest, AStudyWithoutEventsHasNone) {
  EXPECT_TRUE(read_events(StudyFolder(temporary_.path() / "absent")).events.empty());
}

class StudyStateTest : public EventLogTest {
 protected:
  void add(const std::string& type, const std::string& trial_id, nlohmann::json data = {},
           const std::string& run_id = "r") {
    history_.events.push_back({type, "", run_id, ++sequence_, trial_id, std::move(data)});
  }
  TrialState state(const std::string& trial_id = "t") {
    return fold_study_state(folder_, history_)[trial_id];
  }

  EventHistory history_;
  std::int64_t sequence_ = 0;
};

TEST_F(StudyStateTest, CountsOnlyAttemptsLostToTheTrialItself) {
  add("attempt_started", "t", {{"attempt", 1}});
  EXPECT_EQ(state().status, TrialStatus::kRunning);
  add("attempt_ended", "t", {{"status", "failed"}, {"message", "NaN loss"}});
  add("attempt_started", "t", {{"attempt", 2}});
  add("attempt_ended", "t", {{"status", "lost"}});
  add("attempt_started", "t", {{"attempt", 3}});
  add("attempt_ended", "t", {{"status", "interrupted"}});

  EXPECT_EQ(state().status, TrialStatus::kWaiting);
  EXPECT_EQ(state().attempts, 1);
  EXPECT_EQ(state().started, 3);
  EXPECT_EQ(state().reason, "NaN loss");
}

TEST_F(StudyStateTest, FailedUntilRetried) {
  add("attempt_ended", "t", {{"status", "failed"}});
  add("trial_failed", "t", {{"message", "out of memory"}});
  EXPECT_EQ(state().status, TrialStatus::kFailed);
  EXPECT_EQ(state().reason, "out of memory");

  add("trial_retried", "t");
  EXPECT_EQ(state().status, TrialStatus::kWaiting);
  EXPECT_EQ(state().attempts, 0);
}

TEST_F(StudyStateTest, NothingRunsAfterItsRunEndedOrAnotherBegan) {
  add("attempt_started", "t", {}, "r1");
  add("run_started", "", {{"join", true}}, "r2");
  EXPECT_EQ(state().status, TrialStatus::kRunning);
  add("run_ended", "", {}, "r2");
  EXPECT_EQ(state().status, TrialStatus::kRunning);
  add("run_started", "", {}, "r3");
  EXPECT_EQ(state().status, TrialStatus::kWaiting);
  add("attempt_started", "t", {}, "r3");
  add("run_ended", "", {}, "r3");
  EXPECT_EQ(state().status, TrialStatus::kWaiting);
}

TEST_F(StudyStateTest, FilesHaveTheLastWord) {
  add("trial_published", "lost", {{"digest", "d"}});
  test::write_file(folder_.trial("found"), "");
  test::write_file(folder_.failed("broken"), R"({"message": "why"})");
  test::write_file(folder_.failed("unreadable"), "{");
  test::write_file(folder_.failed("found"), R"({"message": "why"})");

  EXPECT_EQ(state("lost").status, TrialStatus::kWaiting);
  EXPECT_EQ(state("found").status, TrialStatus::kSucceeded);
  EXPECT_EQ(state("broken").status, TrialStatus::kFailed);
  EXPECT_EQ(state("broken").reason, "why");
  EXPECT_EQ(state("unreadable").status, TrialStatus::kFailed);
}

TEST_F(StudyStateTest, ScoreIsThatOfThePublishedFile) {
  add("trial_published", "t", {{"digest", "d"}, {"validation", 71.5}});
  EXPECT_EQ(state().validation, 71.5);
  add("trial_published", "t", {{"digest", "e"}});  // again, and nobody says with what score
  EXPECT_EQ(state().validation, std::nullopt);
}

TEST_F(StudyStateTest, OddDataIsHarmless) {
  add("attempt_started", "t", "text");
  add("attempt_ended", "t", {1, 2});
  add("trial_failed", "t", {{"message", 7}});
  add("trial_published", "t", nullptr);
  add("trial_published", "t", {{"validation", "high"}});

  EXPECT_EQ(state().started, 1);
  EXPECT_EQ(state().validation, std::nullopt);
}

}  // namespace
}  // namespace attempt::results
