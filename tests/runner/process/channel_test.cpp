#include "runner/process/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace attempt::process {
namespace {

TEST(MessageTest, KeepsKindAndFields) {
  Outcome outcome;
  outcome.node_id = "n";
  outcome.attempt = 2;
  outcome.status = OutcomeStatus::kLost;
  outcome.evidence = {"one", "two\nlines"};
  const Message message = decode(encode(make_message(outcome)));
  EXPECT_EQ(message.kind, "outcome");
  const auto read = message.as<Outcome>();
  EXPECT_EQ(read.node_id, "n");
  EXPECT_EQ(read.attempt, 2);
  EXPECT_EQ(read.status, OutcomeStatus::kLost);
  EXPECT_EQ(read.evidence, outcome.evidence);
}

TEST(MessageTest, ReplacesBytesThatAreNotText) {
  Outcome outcome;
  outcome.message = "bad \xff byte";
  EXPECT_NE(decode(encode(make_message(outcome))).as<Outcome>().message.find("byte"),
            std::string::npos);
}

TEST(MessageTest, RefusesOtherVersionsAndOtherTexts) {
  EXPECT_THROW(decode(R"({"version": 99, "kind": "stop", "body": {}})"), std::runtime_error);
  EXPECT_THROW(decode(R"({"version": "1", "kind": "stop", "body": {}})"), std::runtime_error);
  EXPECT_THROW(decode(R"({"version": 1, "kind": 3, "body": {}})"), std::runtime_error);
  EXPECT_THROW(decode("[]"), std::runtime_error);
  EXPECT_THROW(decode("{\"version\": 1"), std::runtime_error);
  EXPECT_THROW(decode(""), std::runtime_error);
}

TEST(ChannelTest, DeliversMessagesInOrderThenTheEnd) {
  ChannelPair pair = make_channel_pair();
  {
    Channel theirs(pair.theirs);
    theirs.send(make_message(Heartbeat{1}));
    theirs.send(make_message(Heartbeat{2}));
  }
  EXPECT_EQ(pair.mine.receive()->as<Heartbeat>().sequence, 1);
  EXPECT_EQ(pair.mine.receive()->as<Heartbeat>().sequence, 2);
  EXPECT_FALSE(pair.mine.receive());
  EXPECT_FALSE(pair.mine.is_open());
}

TEST(ChannelTest, SendsMoreThanTheSocketHoldsInParts) {
  ChannelPair pair = make_channel_pair();
  Channel theirs(pair.theirs);
  const Stop large{std::string(3 << 20, 'x')};
  EXPECT_TRUE(pair.mine.send(make_message(large)));
  std::optional<Message> message;
  for (int i = 0; i < 1000 && !message; ++i) {
    message = theirs.receive();
    pair.mine.flush();
  }
  ASSERT_TRUE(message);
  EXPECT_EQ(message->as<Stop>().reason.size(), large.reason.size());
}

TEST(ChannelTest, SendingToNobodyIsFalseAndNoSignal) {
  ChannelPair pair = make_channel_pair();
  ::close(pair.theirs);
  EXPECT_FALSE(pair.mine.send(make_message(Heartbeat{1})));
}

TEST(ChannelTest, RefusesALineWithoutEnd) {
  ChannelPair pair = make_channel_pair();
  const std::string bytes(1 << 16, 'x');
  const auto flood = [&] {
    for (int i = 0; i < 200; ++i) {
      [[maybe_unused]] const auto n =
          ::send(pair.theirs, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      pair.mine.receive();
    }
  };
  EXPECT_THROW(flood(), std::runtime_error);
  EXPECT_FALSE(pair.mine.is_open());
  ::close(pair.theirs);
}

TEST(ChannelTest, WaitReturnsWithoutMessages) {
  ChannelPair pair = make_channel_pair();
  EXPECT_FALSE(pair.mine.wait_readable(1));
  ::close(pair.theirs);
}

}  // namespace
}  // namespace attempt::process
