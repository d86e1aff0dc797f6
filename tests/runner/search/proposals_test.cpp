#include "runner/search/proposals.h"

#include <gmock/gmock.h>

#include "runner/config/sweep_file.h"
#include "tests/support/test_support.h"

namespace attempt::search {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A space with one key of each kind.
std::vector<config::SearchDimension> space() {
  const test::TemporaryFolder folder;
  test::write_file(folder / "study.toml", R"(
[model]
path = "t5"
[search]
sampler = "command"
command = ["sampler"]
[search.space]
"method.attempt.learning_rate" = { low = 0.01, high = 1.0, log = true }
"method.attempt.prompt_length" = { low = 10, high = 100, step = 10 }
"method.attempt.attention" = ["sub", "constant"]
"method.attempt.g_hidden" = { choices = [50, 100], when = { "method.attempt.attention" = "sub" } }
)");
  return config::read_sweep(folder / "study.toml", {}).search.space;
}

const json kGood = {{"method.attempt.learning_rate", 0.3},
                    {"method.attempt.prompt_length", 20},
                    {"method.attempt.attention", "sub"},
                    {"method.attempt.g_hidden", 100}};

json changed(const std::string& key, const json& value) {
  json values = kGood;
  values["method.attempt." + key] = value;
  return values;
}

std::string problem_of(const json& values) {
  try {
    configuration_of(space(), values);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(ProposalsTest, ASamplerIsToldTheSpaceWithBoundsStepsAndConditions) {
  const json told = space_json(space());
  EXPECT_EQ(told.at(0), json({{"name", "method.attempt.learning_rate"},
                              {"type", "float"},
                              {"low", 0.01},
                              {"high", 1.0},
                              {"step", 0.0},
                              {"log", true},
                              {"when", json::object()}}));
  EXPECT_EQ(told.at(1).at("type"), "int");
  EXPECT_EQ(told.at(1).at("step"), 10);
  EXPECT_EQ(told.at(3).at("when"), json({{"method.attempt.attention", {"sub"}}}));
}

TEST(ProposalsTest, ValuesBecomeAConfiguration) {
  const sweep::Configuration configuration = configuration_of(space(), kGood);
  EXPECT_DOUBLE_EQ(configuration[0]->number(), 0.3);
  EXPECT_EQ(configuration[1]->integer(), 20);
  EXPECT_EQ(configuration[3]->integer(), 100);
  json without = changed("attention", "constant");
  without.erase("method.attempt.g_hidden");
  EXPECT_FALSE(configuration_of(space(), without)[3]);
}

TEST(ProposalsTest, WhatIsNotOfTheSpaceIsNamed) {
  EXPECT_EQ(problem_of(kGood), "");
  EXPECT_THAT(problem_of(changed("learning_rate", 2)), HasSubstr("outside 0.01 to 1"));
  EXPECT_THAT(problem_of(changed("learning_rate", "fast")), HasSubstr("not a number"));
  EXPECT_THAT(problem_of(changed("prompt_length", 25)), HasSubstr("not a step of 10"));
  EXPECT_THAT(problem_of(changed("prompt_length", 20.5)), HasSubstr("not an integer"));
  EXPECT_THAT(problem_of(changed("attention", "dot")), HasSubstr("not one of the choices"));
  EXPECT_THAT(problem_of(changed("temperature", 5)), HasSubstr("not a key of the space"));
  EXPECT_THAT(problem_of(changed("attention", "constant")),
              HasSubstr("method.attempt.g_hidden (not a key of the space here)"));
  EXPECT_THAT(problem_of(json::object()), HasSubstr("no value of method.attempt.learning_rate"));
  EXPECT_THAT(problem_of(7), HasSubstr("no table of values"));
}

TEST(ProposalsTest, ProposalsOutliveTheRunAndASpaceThatChangedBeginsAnew) {
  const test::TemporaryFolder folder;
  const std::filesystem::path path = folder / "search.json";
  ProposalFile file(path);
  file.of("attempt/rte", space_json(space()), "tpe").push_back({kGood, {{"generation", 1}}});
  file.save();
  ProposalFile again(path);
  const auto& kept = again.of("attempt/rte", space_json(space()), "tpe");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].values, kGood);
  EXPECT_EQ(kept[0].memory, json({{"generation", 1}}));
  EXPECT_TRUE(again.of("attempt/rte", space_json(space()), "gp").empty());
}

TEST(ProposalsTest, ADamagedFileIsRefusedWithTheWayOut) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "search.json", "{\"searches\": {}}\n");
  try {
    ProposalFile file(folder / "search.json");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("is damaged"));
  }
}

}  // namespace
}  // namespace attempt::search
