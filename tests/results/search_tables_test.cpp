#include "results/report/search_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/report/search_plots.h"

namespace attempt::results {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> texts(const std::vector<TableField>& line) {
  std::vector<std::string> list;
  for (const TableField& field : line) list.push_back(field.text);
  return list;
}

SearchedConfiguration complete(std::vector<std::optional<double>> values,
                               std::vector<double> scores) {
  double sum = 0;
  for (const double score : scores) sum += score;
  return {std::move(values),
          {"id"},
          scores,
          SearchedStatus::kComplete,
          sum / static_cast<double>(scores.size())};
}

/// A rate on a log scale, and a width that only one kind of attention has.
SearchResult search() {
  SearchResult search;
  search.label = "ATTEMPT on rte";
  search.sampler = "sobol";
  search.pruner = "off";
  search.keys = {{.name = "rate", .low = 0.01, .high = 1, .is_log = true},
                 {.name = "kind", .choices = {"\"sub\"", "\"constant\""}},
                 {.name = "width", .low = 50, .high = 100, .is_integer = true}};
  search.configurations = {complete({0.01, 0, 50}, {60, 62}),
                           complete({0.1, 1, std::nullopt}, {70, 70}),
                           complete({1, 0, 100}, {64, 66})};
  search.wanted = 5;
  return search;
}

TEST(SearchTableTest, SaysWhatIsKnown) {
  EXPECT_THAT(texts(search_table({search()}).lines[0]),
              ElementsAre("ATTEMPT on rte", "sobol", "off", "3 of 5", "not known yet", "", "",
                          "4.51", "1.15", ""));
}

TEST(SearchTableTest, NamesTheChoiceAndItsFreshSeeds) {
  SearchResult chosen = search();
  chosen.chosen = 1;
  chosen.fresh_scores = {66, 68, 70};
  const TextTable table = search_table({chosen});
  EXPECT_EQ(table.lines[0][9].text, "rate = 0.1, kind = \"constant\"");
  EXPECT_EQ(table.lines[0][5].text, "70.0 ± 0.0 (2)");
  EXPECT_EQ(table.lines[0][6].text, "68.0 ± 2.0 (3)");
}

TEST(ConfigurationTableTest, KeepsTheBestSoFarAndGapsOfKeysThatWereNotSet) {
  SearchResult grown = search();
  grown.configurations.push_back(
      {{0.2, 1, std::nullopt}, {"a", "b"}, {99}, SearchedStatus::kFailed});
  const TextTable table = configuration_table({grown});
  EXPECT_THAT(table.columns, ElementsAre("search", "number", "rate", "kind", "width", "score",
                                         "std", "seeds", "best so far", "status"));
  EXPECT_THAT(texts(table.lines[1]), ElementsAre("ATTEMPT on rte", "1", "0.1", "\"constant\"", "",
                                                 "70.00", "0.00", "2", "70.00", "complete"));
  EXPECT_THAT(texts(table.lines[3]), ElementsAre("ATTEMPT on rte", "3", "0.2", "\"constant\"", "",
                                                 "", "", "1", "70.00", "failed"));
  EXPECT_EQ(table.lines[3][1].trial_id, "a");
}

TEST(ImportanceTableTest, CountsWhatSetsTheKey) {
  const TextTable table = importance_table({search()});
  EXPECT_THAT(texts(table.lines[0]), ElementsAre("ATTEMPT on rte", "rate", "3", "+0.50", "0.67"));
  EXPECT_THAT(texts(table.lines[2]),
              ElementsAre("ATTEMPT on rte", "width", "2", "too few", "too few"));
  EXPECT_THAT(table.notes, Contains(HasSubstr("Optuna's importance is not here")));
}

TEST(ImportanceTableTest, NamesOptunasMethod) {
  SearchResult asked = search();
  asked.optuna = OptunaImportance{"fANOVA of Optuna 5.0.0", {0.75, 0.25, std::nullopt}};
  const TextTable table = importance_table({asked});
  EXPECT_EQ(table.columns.back(), "fANOVA of Optuna 5.0.0");
  EXPECT_EQ(table.lines[0].back().text, "0.75");
  EXPECT_EQ(table.lines[2].back().text, "left out");
}

TEST(SearchPlotsTest, PlacesValuesBetweenTheEndsOfTheirAxis) {
  const nlohmann::json plots = search_plots({search()});
  const nlohmann::json& places = plots[0]["configurations"][1]["places"];
  EXPECT_NEAR(places[0], 0.5, 1e-12);  // on a log scale
  EXPECT_EQ(places[1], 1);
  EXPECT_TRUE(places[2].is_null());
  EXPECT_EQ(plots[0]["keys"][0]["ticks"], nlohmann::json({"0.01", "1"}));
}

}  // namespace
}  // namespace attempt::results
