#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/metrics.h"
#include "datasets/wsc_marks.h"
#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

namespace fs = std::filesystem;
using Counts = std::map<std::string, int>;
using Files = std::map<std::string, fs::path>;

TaskData load_real(const fs::path& shared, const std::string& task, const Files& files = {},
                   const std::string& compat = "corrected") {
  LoadOptions options{.root = shared / "data", .rules = rules_for_compat(compat)};
  for (const auto& [split, file] : files) options.files[split] = shared / "data" / file;
  return load_task(find_task(task), options);
}

Counts class_counts(const std::vector<Example>& examples) {
  Counts counts;
  for (const Example& example : examples) ++counts[example.target];
  return counts;
}

const Files kBoolq = {{"train", "superglue/BoolQ/val.jsonl"}};  // its own train is not here

TEST(RealTasksTest, CompleteTasksGiveTheOfficialCountsWithoutWarning) {
  ATTEMPT_REQUIRE_SHARED(shared);
  for (const char* task : {"cb", "wic", "wsc", "multirc"}) {
    SCOPED_TRACE(task);
    const TaskData data = load_real(shared, task);
    EXPECT_THAT(data.warnings, ::testing::IsEmpty());
    for (const FileReport& report : data.reports) {
      EXPECT_EQ(report.bad, 0);
      EXPECT_EQ(report.span_not_found, 0);
    }
  }
}

TEST(RealTasksTest, TestHalvesHaveTheKnownClassCounts) {
  ATTEMPT_REQUIRE_SHARED(shared);
  EXPECT_EQ(class_counts(load_real(shared, "boolq", kBoolq).test),
            (Counts{{"0", 626}, {"1", 1009}}));
  EXPECT_EQ(class_counts(load_real(shared, "wic").test), (Counts{{"0", 163}, {"1", 156}}));
  EXPECT_EQ(class_counts(load_real(shared, "wsc").test), (Counts{{"0", 35}, {"1", 17}}));
  EXPECT_EQ(class_counts(load_real(shared, "cb").test), (Counts{{"0", 11}, {"1", 15}, {"2", 2}}));
}

TEST(RealTasksTest, ConstantPredictionsScoreWhatIsKnownOfThePublishedTables) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const auto constant = [&shared](const char* task, const Files& files, const char* compat) {
    ScoredSplit split;
    for (const Example& example : load_real(shared, task, files, compat).test) {
      split.predictions.push_back("1");
      split.references.push_back(example.references);
      split.groups.push_back(example.group);
    }
    return score(find_task(task), split, DataRules()).constant_score;
  };
  EXPECT_NEAR(constant("boolq", kBoolq, "corrected"), 61.7, 0.05);
  EXPECT_NEAR(constant("wic", {}, "corrected"), 51.1, 0.05);
  EXPECT_NEAR(constant("wsc", {}, "corrected"), 67.3, 0.05);
  EXPECT_NEAR(constant("cb", {}, "corrected"), 53.6, 0.05);
  EXPECT_NEAR(constant("mrpc", {}, "corrected"), 68.1, 0.05);
  EXPECT_NEAR(constant("rte", {}, "corrected"), 54.7, 0.05);
  EXPECT_NEAR(constant("multirc", {}, "published"), 59.2, 0.05);
}

TEST(RealTasksTest, MultircKeepsQuestionsTogetherUnlessAsPublished) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const auto shared_questions = [](const TaskData& data) {
    std::set<std::string> all, validation, both;
    for (const Example& example : data.validation) validation.insert(example.group);
    all = validation;
    for (const Example& example : data.test) {
      all.insert(example.group);
      if (validation.contains(example.group)) both.insert(example.group);
    }
    EXPECT_EQ(all.size(), 953U);
    return both.size();
  };
  const TaskData corrected = load_real(shared, "multirc");
  EXPECT_EQ(shared_questions(corrected), 0U);
  EXPECT_EQ(corrected.validation.size(), 2410U);
  EXPECT_EQ(corrected.test.size(), 2438U);
  const TaskData published = load_real(shared, "multirc", {}, "published");
  EXPECT_EQ(shared_questions(published), 855U);
  EXPECT_EQ(class_counts(published.test), (Counts{{"0", 1404}, {"1", 1020}}));
  EXPECT_THAT(published.warnings, ::testing::IsEmpty());
}

struct WscRow {
  std::string text;
  WscSpan span1, span2;
};

std::vector<WscRow> wsc_rows(const fs::path& shared, const std::string& split) {
  std::ifstream file(shared / ("data/superglue/WSC/" + split + ".jsonl"));
  std::vector<WscRow> rows;
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    const auto& target = row["target"];
    rows.push_back({row["text"],
                    {target["span1_text"], target["span1_index"]},
                    {target["span2_text"], target["span2_index"]}});
  }
  return rows;
}

TEST(RealTasksTest, BothWaysOfMarkingAgreeOnWscButForTheKnownRows) {
  ATTEMPT_REQUIRE_SHARED(shared);
  struct Unmarked {
    std::set<std::size_t> nearest, anchored, different;
  };
  const auto compare = [&shared](const std::string& split) {
    Unmarked unmarked;
    const std::vector<WscRow> rows = wsc_rows(shared, split);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const MarkedText nearest = mark_nearest(rows[i].text, rows[i].span1, rows[i].span2);
      const MarkedText anchored = mark_anchored(rows[i].text, rows[i].span1, rows[i].span2);
      if (!nearest.unmarked.empty()) unmarked.nearest.insert(i);
      if (!anchored.unmarked.empty()) unmarked.anchored.insert(i);
      if (nearest.text != anchored.text) unmarked.different.insert(i);
    }
    return unmarked;
  };
  const Unmarked train = compare("train");
  EXPECT_THAT(train.different, ::testing::IsEmpty());
  EXPECT_THAT(train.anchored, ::testing::IsEmpty());
  const Unmarked validation = compare("val");
  EXPECT_THAT(validation.different, ::testing::ElementsAre(42, 95));
  EXPECT_THAT(validation.anchored, ::testing::ElementsAre(42, 95));
  EXPECT_THAT(validation.nearest, ::testing::IsEmpty());
  const Unmarked test = compare("test");
  EXPECT_THAT(test.nearest, ::testing::ElementsAre(80, 82));
  EXPECT_EQ(test.anchored.size(), 3U);
}

TEST(RealTasksTest, NestedWscSpansAreBothMarked) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const WscRow row = wsc_rows(shared, "val")[95];
  EXPECT_THAT(mark_nearest(row.text, row.span1, row.span2).text,
              ::testing::HasSubstr("* # their # mothers *"));
  EXPECT_THAT(mark_anchored(row.text, row.span1, row.span2).text,
              ::testing::HasSubstr("* their mothers *"));
}

TEST(RealTasksTest, StsbRulesDifferOnTheKnownNumberOfRows) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TaskData corrected = load_real(shared, "stsb");
  const TaskData published = load_real(shared, "stsb", {}, "published");
  const auto different = [](const std::vector<Example>& a, const std::vector<Example>& b) {
    int count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += a[i].target != b[i].target ? 1 : 0;
    return count;
  };
  EXPECT_EQ(different(corrected.train, published.train), 303);
  EXPECT_EQ(different(corrected.validation, published.validation) +
                different(corrected.test, published.test),
            74);
  EXPECT_EQ(class_counts(published.train).size(), 50U);
}

TEST(RealTasksTest, WinograndeSetsHaveTheirSizesAndDevItsClasses) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const Files large = {{"train", "winogrande/train_l.jsonl"}};
  const TaskData data = load_real(shared, "winogrande", large);
  EXPECT_EQ(data.train.size() + data.validation.size(), 10234U);
  EXPECT_EQ(class_counts(data.test), (Counts{{"0", 628}, {"1", 639}}));
  EXPECT_EQ(data.test[0].source,
            "winogrande sentence: Sarah was a much better surgeon than Maria so _ always got the "
            "easier cases. option0: Sarah option1: Maria");
  EXPECT_EQ(data.test[0].target, "1");
  const Files with_test = {{"train", "winogrande/train_m.jsonl"},
                           {"test", "winogrande/test.jsonl"}};
  EXPECT_THROW(load_real(shared, "winogrande", with_test), std::runtime_error);
}

TEST(RealTasksTest, MnliMatchedHasItsClassCounts) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TaskData data = load_real(
      shared, "mnli", {{"validation_mismatched", "hf_jsonl/mnli/validation_matched.jsonl"}});
  EXPECT_EQ(class_counts(data.test), (Counts{{"0", 3479}, {"1", 3123}, {"2", 3213}}));
  EXPECT_EQ(data.train.size(), 9999U);
  EXPECT_EQ(data.test[0].source,
            "mnli premise: The new rights are nice enough hypothesis: Everyone really likes the "
            "newest benefits ");
}

TEST(RealTasksTest, ReadsNewsqaAndTheOriginalHotpotqa) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const std::string newsqa = "mrqa/newsqa_indomain_val.squadjson";
  const TaskData news = load_real(shared, "newsqa", {{"train", newsqa}, {"test", newsqa}});
  ASSERT_EQ(news.test.size(), 4212U);
  EXPECT_TRUE(news.test[0].source.starts_with(
      "squad question: What will be nominated ?  context:  ( CNN ) - - What could be more "
      "powerful "));
  EXPECT_EQ(news.test[0].target, "three different videos");
  const std::string hotpotqa = "mrqa/hotpotqa_500_distractor.jsonl";
  const TaskData hotpot = load_real(shared, "hotpotqa", {{"train", newsqa}, {"test", hotpotqa}});
  EXPECT_EQ(hotpot.test.size(), 480U);
  EXPECT_EQ(hotpot.reports[1].skipped, 20);
}

TEST(RealTasksTest, ReadsReviewsWithStars) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const std::string reviews = "yelp_polarity/Secjudge_yelp_test.csv";
  const TaskData data = load_real(shared, "yelp", {{"train", reviews}, {"test", reviews}});
  EXPECT_EQ(class_counts(data.test), (Counts{{"0", 1141}, {"1", 3314}}));
  EXPECT_EQ(data.reports[1].skipped, 545);
}

}  // namespace
}  // namespace attempt::datasets
