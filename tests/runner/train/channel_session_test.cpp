#include "runner/train/channel_session.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

using attempt::test::TinyWorld;

/// A trainer in a thread of the test, and the agent's end of its socket.
class ChannelSessionTest : public ::testing::Test {
 protected:
  ChannelSessionTest() : pair_(process::make_channel_pair()) {
    thread_ = std::thread([this] {
      TrialRunner runner(at::kCPU);
      process::Hello hello;
      hello.host = "here";
      ChannelSession session(process::Channel(pair_.theirs), runner, hello);
      exit_code_ = session.run();
    });
  }
  ~ChannelSessionTest() override {
    agent().send(process::make_message(process::Stop{"end of the test"}));
    if (thread_.joinable()) thread_.join();
  }

  process::Channel& agent() { return pair_.mine; }

  process::Message next() {
    while (true) {
      if (auto message = agent().receive()) return *message;
      if (!agent().wait_readable(20000)) throw std::runtime_error("the trainer says nothing");
    }
  }
  process::Outcome outcome() {
    while (true) {
      const process::Message message = next();
      if (message.kind == "outcome") return message.as<process::Outcome>();
    }
  }
  process::Assignment assignment(const sweep::TrialSpec& spec) {
    const auto file = world_.folder() / (spec.trial_id + ".json");
    attempt::test::write_file(file, nlohmann::json(spec).dump());
    process::Assignment made;
    made.node_id = spec.trial_id;
    made.attempt = 3;
    made.run_id = "run1";
    made.study = world_.study().root().string();
    made.spec_file = file.string();
    return made;
  }

  TinyWorld world_;
  process::ChannelPair pair_;
  std::thread thread_;
  int exit_code_ = -1;
};

TEST_F(ChannelSessionTest, GreetsRunsWhatIsAssignedAndReportsHowItEnded) {
  const sweep::TrialSpec spec = world_.spec("prompt_tuning");

  EXPECT_EQ(next().as<process::Hello>().host, "here");
  agent().send(process::make_message(assignment(spec)));
  const process::Message progress = next();
  const process::Outcome end = outcome();

  EXPECT_EQ(progress.kind, "progress");
  EXPECT_EQ(progress.as<process::Progress>().stage, "loading");
  EXPECT_EQ(end.status, process::OutcomeStatus::kSucceeded) << end.message;
  EXPECT_EQ(end.node_id, spec.trial_id);
  EXPECT_EQ(end.attempt, 3);
  EXPECT_EQ(end.digest.size(), 64U);
  EXPECT_TRUE(std::filesystem::exists(world_.study().trial(spec.trial_id)));
}

TEST_F(ChannelSessionTest, PreparesATokenCache) {
  const sweep::TrialSpec spec = world_.spec("prompt_tuning");
  process::Assignment prepare = assignment(spec);
  prepare.is_prepare = true;
  attempt::test::write_file(
      prepare.spec_file,
      nlohmann::json(sweep::PrepareNode{"prepare:rte:1", spec.data, spec.tasks[0]}).dump());

  agent().send(process::make_message(prepare));

  EXPECT_EQ(outcome().status, process::OutcomeStatus::kSucceeded);
  EXPECT_FALSE(std::filesystem::is_empty(spec.data.cache));
}

TEST_F(ChannelSessionTest, ASpecThatCannotBeReadFailsThatTrialAlone) {
  process::Assignment damaged = assignment(world_.spec("prompt_tuning"));
  attempt::test::write_file(damaged.spec_file, "{\"spec_version\": 1");

  agent().send(process::make_message(damaged));
  const process::Outcome end = outcome();
  agent().send(process::make_message(assignment(world_.spec("frozen"))));

  EXPECT_EQ(end.status, process::OutcomeStatus::kFailed);
  EXPECT_EQ(end.cause, "spec");
  EXPECT_NE(end.message.find(damaged.spec_file), std::string::npos);
  EXPECT_EQ(outcome().status, process::OutcomeStatus::kSucceeded);
}

TEST_F(ChannelSessionTest, StopsBetweenTwoStepsWithACheckpoint) {
  sweep::TrialSpec spec = world_.spec("prompt_tuning");
  spec.train.total_steps = 100000;
  spec.train.evaluate_every_steps = 100000;
  agent().send(process::make_message(assignment(spec)));
  while (next().kind != "progress") {
  }
  while (next().as<process::Progress>().stage != "training") {
  }

  agent().send(process::make_message(process::Stop{"deadline"}));

  EXPECT_EQ(outcome().status, process::OutcomeStatus::kInterrupted);
  EXPECT_FALSE(std::filesystem::is_empty(world_.study().checkpoints(spec.trial_id)));
  thread_.join();
  EXPECT_EQ(exit_code_, 0);
}

TEST_F(ChannelSessionTest, LeavesWhenTheAgentIsGone) {
  next();
  agent() = process::make_channel_pair().mine;  // closes the old end

  thread_.join();

  EXPECT_EQ(exit_code_, 0);
}

}  // namespace
}  // namespace attempt::train
