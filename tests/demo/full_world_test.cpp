// The whole demo world, read back by the readers of the official files.
#include "demo/full/full_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "datasets/task_data.h"
#include "demo/full/tasks.h"
#include "tests/support/test_support.h"

namespace attempt::demo {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kRows = 50;

std::map<std::string, std::string> contents(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), root).string()] = test::read_file(entry.path());
    }
  }
  return files;
}

TEST(FullWorldTest, OfficialReadersReadAllTasksWithoutAComplaint) {
  const test::TemporaryFolder folder;
  write_full_world(folder.path(), {.seed = 1, .rows = kRows});
  EXPECT_TRUE(datasets::is_synthetic(folder.path() / "data"));
  EXPECT_EQ(datasets::all_tasks().size(), 23U);
  for (const datasets::Task& task : datasets::all_tasks()) {
    const datasets::TaskData data =
        datasets::load_task(task, {.root = folder.path() / "data", .max_bad_rows = 0});
    const std::string name = " " + task.second_field + " ";
    for (const datasets::Example& example : data.validation) {
      if (task.second_field.empty()) break;
      EXPECT_THAT(example.source, testing::HasSubstr(name)) << task.name;
    }
    const std::size_t examples_a_row = task.name == "multirc" ? 2 : 1;
    EXPECT_EQ(data.train.size(), kRows * examples_a_row) << task.name;
    EXPECT_GE(data.validation.size(), kRows / 5) << task.name;
    EXPECT_EQ(data.test.size(), kRows / 5 * examples_a_row) << task.name;
    for (const datasets::FileReport& report : data.reports) {
      EXPECT_EQ(report.bad + report.unlabelled + report.empty_text + report.span_not_found, 0)
          << report.file;
    }
    for (const datasets::Example& example : data.train) {
      EXPECT_TRUE(example.source.starts_with(task.source_prefix + " ")) << example.source;
      if (task.label_texts.empty()) {
        EXPECT_THAT(example.source, testing::HasSubstr(example.target)) << task.name;
      } else {
        EXPECT_THAT(task.label_texts, testing::Contains(example.target)) << task.name;
      }
    }
  }
}

TEST(FullWorldTest, ClassesAreBalanced) {
  for (const full::TaskCard& card : full::task_cards()) {
    std::map<int, int> counts;
    for (const full::Example& e : full::make_splits(card, full::make_language(1), 1, 60).test) {
      ++counts[e.label];
    }
    EXPECT_EQ(counts.size(), static_cast<std::size_t>(card.classes)) << card.name;
    for (const auto& [label, count] : counts) EXPECT_NEAR(count, counts.at(0), 1) << card.name;
  }
}

TEST(FullWorldTest, AnswersLieWhereTheFilesSay) {
  for (const char* name : {"squad", "nq", "hotpotqa", "searchqa", "newsqa", "record"}) {
    const full::Splits splits =
        full::make_splits(full::task_card(name), full::make_language(3), 3, 300);
    for (const full::Example& e : splits.train) {
      ASSERT_EQ(e.first.substr(e.begin, e.answer.size()), e.answer) << name << ": " << e.first;
    }
  }
}

TEST(FullWorldTest, PronounsStandWhereTheFilesSay) {
  const full::Splits splits =
      full::make_splits(full::task_card("wsc"), full::make_language(3), 3, 300);
  for (const full::Example& e : splits.train) {
    std::istringstream in(e.first);
    const std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
    EXPECT_EQ(words.at(e.first_word) + " " + words.at(e.first_word + 1), e.second);
    EXPECT_EQ(words.at(e.second_word), "it");
  }
}

TEST(FullWorldTest, EqualSeedsGiveEqualFilesAndAnotherSeedAnotherLanguage) {
  const test::TemporaryFolder a, b;
  write_full_world(a.path(), {.seed = 5, .rows = 10});
  write_full_world(b.path(), {.seed = 5, .rows = 10});
  EXPECT_EQ(contents(a.path()), contents(b.path()));
  const std::vector<std::string> words = full::make_language(5).words.animals;
  for (const std::string& word : full::make_language(6).words.animals) {
    EXPECT_THAT(words, testing::Not(testing::Contains(word)));
  }
}

/// The table is what results are read against: it changes in a commit of its own, or not at all.
TEST(FullWorldTest, RelatednessIsAsCommitted) {
  EXPECT_EQ(full::relatedness_csv(),
            test::read_file(test::source_folder() / "demo/full/relatedness.csv"));
}

TEST(FullWorldTest, HasTargetsOfEveryKind) {
  std::size_t absent = 0, unrelated = 0, reversed = 0;
  for (const full::TaskCard& target : full::task_cards()) {
    if (target.is_source) continue;
    absent += target.is_in_mixture ? 0 : 1;
    bool is_related = false, is_reversed = false;
    for (const full::TaskCard& source : full::task_cards()) {
      if (!source.is_source) continue;
      is_related |= relatedness(source, target) > 0;
      is_reversed |= relatedness(source, target) > 0.5 && source.polarity * target.polarity < 0;
    }
    unrelated += is_related ? 0 : 1;
    reversed += is_reversed ? 1 : 0;
  }
  EXPECT_GE(absent, 6U);
  EXPECT_GE(unrelated, 2U);
  EXPECT_GE(reversed, 2U);
}

/// The backbone never sees a target that the table calls absent.
TEST(FullWorldTest, TheMixtureIsThatOfTheTable) {
  const std::string text = test::read_file(test::source_folder() / "demo/full/pretrain.toml");
  const std::string names = text.substr(
      text.find("names = ["), text.find(']', text.find("names")) - text.find("names = ["));
  for (const full::TaskCard& card : full::task_cards()) {
    EXPECT_EQ(names.find("\"" + card.name + "\"") != std::string::npos, card.is_in_mixture)
        << card.name;
  }
}

}  // namespace
}  // namespace attempt::demo
