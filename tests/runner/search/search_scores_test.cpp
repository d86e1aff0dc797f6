#include "runner/search/search_scores.h"

#include <gtest/gtest.h>

#include <map>

namespace attempt::search {
namespace {

const std::map<std::string, TrialEnd> kEnds = {{"a", {true, 70}}, {"b", {true, 80}},
                                               {"c", {true, 75}}, {"d", {true, 75}},
                                               {"e", {false, 0}}, {"f", {true, 99}}};

std::optional<TrialEnd> end_of(const std::string& id) {
  const auto found = kEnds.find(id);
  return found == kEnds.end() ? std::nullopt : std::optional(found->second);
}

TEST(SearchScoresTest, AConfigurationScoresTheMeanOverItsSeeds) {
  const ConfigurationScore score = score_of({{}, {"a", "b"}}, end_of);
  EXPECT_EQ(score.status, ConfigurationStatus::kComplete);
  EXPECT_DOUBLE_EQ(score.mean, 75);
}

TEST(SearchScoresTest, OneThatLacksASeedIsNotCompared) {
  EXPECT_EQ(score_of({{}, {"a", "unknown"}}, end_of).status, ConfigurationStatus::kRunning);
  EXPECT_EQ(score_of({{}, {"f", "e"}}, end_of).status, ConfigurationStatus::kFailed);
  EXPECT_EQ(score_of({{}, {"e", "unknown"}}, end_of).status, ConfigurationStatus::kFailed);
}

TEST(SearchScoresTest, TheFirstOfEqualBestIsChosen) {
  sweep::PlannedSearch search;
  search.configurations = {{{}, {"a", "a"}}, {{}, {"a", "b"}}, {{}, {"c", "d"}}, {{}, {"f", "e"}}};
  EXPECT_EQ(best_of(search, end_of), 1);
  search.configurations = {{{}, {"e"}}, {{}, {"unknown"}}};
  EXPECT_EQ(best_of(search, end_of), -1);
}

}  // namespace
}  // namespace attempt::search
