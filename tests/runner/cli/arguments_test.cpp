#include "runner/cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/cli/usage_error.h"

namespace attempt::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CommandSpec example_spec() {
  return {.name = "run",
          .summary = "run a study",
          .description = "Runs a study.",
          .positionals = {{"SWEEP", "the study's TOML file"}},
          .options = {{"out", "DIR", "folder of the study"},
                      {"workers", "N", "MPI ranks"},
                      {"set", "KEY=VALUE", "override a key", true},
                      {"json", "", "print JSON"},
                      {"run-id", "ID", "internal", false, true}},
          .examples = {"attempt run sweep.toml"}};
}

std::string refusal(const std::vector<std::string>& args) {
  try {
    parse_arguments(example_spec(), args);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ArgumentsTest, ReadsOptionsFlagsAndPositionalsInAnyOrder) {
  const Arguments arguments = parse_arguments(
      example_spec(), {"--out", "dir", "sweep.toml", "--json", "--set=a=1", "--set", "b=2"});
  EXPECT_EQ(arguments.positional("SWEEP"), "sweep.toml");
  EXPECT_EQ(arguments.value("out"), "dir");
  EXPECT_TRUE(arguments.has("json"));
  EXPECT_THAT(arguments.values("set"), ElementsAre("a=1", "b=2"));
}

TEST(ArgumentsTest, NamesTheClosestOptionForAnUnknownOne) {
  EXPECT_THAT(refusal({"sweep.toml", "--worker", "2"}), HasSubstr("did you mean '--workers'?"));
}

TEST(ArgumentsTest, RefusesAMissingPositionalAndSaysWhatItIs) {
  EXPECT_THAT(refusal({}), HasSubstr("SWEEP is missing (the study's TOML file)"));
}

TEST(ArgumentsTest, RefusesASurplusPositional) {
  EXPECT_THAT(refusal({"a.toml", "b.toml"}), HasSubstr("'b.toml' is one argument too many"));
}

TEST(ArgumentsTest, RefusesAnOptionGivenTwice) {
  EXPECT_THAT(refusal({"a.toml", "--out", "x", "--out", "y"}), HasSubstr("more than once"));
}

TEST(ArgumentsTest, RefusesNumbersThatAreNone) {
  const Arguments arguments = parse_arguments(example_spec(), {"a.toml", "--workers", "two"});
  EXPECT_THROW(arguments.integer("workers", 1, 1), UsageError);
  const Arguments zero = parse_arguments(example_spec(), {"a.toml", "--workers", "0"});
  EXPECT_THROW(zero.integer("workers", 1, 1), UsageError);
}

TEST(ArgumentsTest, HelpShowsUsageOptionsAndExamplesButNotInternalOptions) {
  const std::string help = help_text(example_spec());
  EXPECT_THAT(help, HasSubstr("Usage: attempt run SWEEP [OPTIONS]"));
  EXPECT_THAT(help, HasSubstr("--workers N"));
  EXPECT_THAT(help, HasSubstr("attempt run sweep.toml"));
  EXPECT_THAT(help, ::testing::Not(HasSubstr("run-id")));
}

TEST(ClosestWordTest, FindsNearWordsOnly) {
  EXPECT_EQ(closest_word("staus", {"status", "stop"}), "status");
  EXPECT_EQ(closest_word("report", {"plan", "run"}), "");
}

}  // namespace
}  // namespace attempt::cli
