#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "datasets/task_data.h"
#include "datasets/tokenizer.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

TaskData load_real(const std::filesystem::path& shared, const std::string& task) {
  return load_task(find_task(task), {.root = shared / "data"});
}

std::map<std::string, int> class_counts(const std::vector<Example>& examples) {
  std::map<std::string, int> counts;
  for (const Example& example : examples) ++counts[example.target];
  return counts;
}

TEST(RealDataTest, CompleteTasksGiveTheOfficialCountsWithoutWarning) {
  ATTEMPT_REQUIRE_SHARED(shared);
  for (const char* name : {"cola", "sst2", "stsb", "rte"}) {
    const TaskData data = load_real(shared, name);
    const Task& task = find_task(name);
    EXPECT_EQ(static_cast<std::int64_t>(data.train.size()), task.expected.train) << name;
    EXPECT_EQ(static_cast<std::int64_t>(data.validation.size()), task.expected.validation) << name;
    EXPECT_EQ(static_cast<std::int64_t>(data.test.size()), task.expected.test) << name;
    EXPECT_TRUE(data.warnings.empty()) << name;
  }
}

TEST(RealDataTest, TestHalvesHaveTheKnownClassCounts) {
  ATTEMPT_REQUIRE_SHARED(shared);
  using Counts = std::map<std::string, int>;
  EXPECT_EQ(class_counts(load_real(shared, "rte").test), (Counts{{"0", 76}, {"1", 63}}));
  EXPECT_EQ(class_counts(load_real(shared, "cola").test), (Counts{{"0", 159}, {"1", 363}}));
  EXPECT_EQ(class_counts(load_real(shared, "mrpc").test), (Counts{{"0", 65}, {"1", 139}}));
  EXPECT_EQ(class_counts(load_real(shared, "sst2").test), (Counts{{"0", 428}, {"1", 444}}));
}

TEST(RealDataTest, MrpcKeepsQuotesAndWarnsOnceAboutItsAbsentRow) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TaskData data = load_real(shared, "mrpc");
  EXPECT_EQ(data.train.size(), 3667U);
  EXPECT_EQ(data.validation.size() + data.test.size(), 408U);  // a quoting reader gives 389
  ASSERT_EQ(data.warnings.size(), 1U);
  EXPECT_THAT(data.warnings[0],
              ::testing::HasSubstr("train has 3667 examples (the official files give 3668)"));
}

TEST(RealDataTest, QnliValidationFileHasItsClassCounts) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TaskData data = load_task(
      find_task("qnli"),
      {.root = shared / "data", .files = {{"train", shared / "data/hf_jsonl/qnli/train.jsonl"}}});
  EXPECT_EQ(class_counts(data.test), (std::map<std::string, int>{{"0", 2702}, {"1", 2761}}));
  EXPECT_EQ(data.train.size(), 8999U);
}

TEST(RealDataTest, SquadSampleAndDevAreRead) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TaskData data = load_real(shared, "squad");
  EXPECT_EQ(data.train.size(), 3500U);
  EXPECT_EQ(data.validation.size(), 1000U);
  EXPECT_EQ(data.test.size(), 10570U);
}

TEST(RealDataTest, StsbMeanScoresAreTheKnownOnes) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TaskData data = load_real(shared, "stsb");
  double sum = 0;
  for (const Example& example : data.test) sum += std::stod(example.references[0]);
  EXPECT_NEAR(sum / 750, 2.3432, 5e-5);
}

TEST(RealDataTest, SourceLengthsAreTheMeasuredOnes) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const Tokenizer tokenizer(shared / "data/tokenizer/spiece.model");
  struct Expected {
    const char* task;
    double mean;
    std::size_t longest;
  };
  for (const Expected& expected :
       {Expected{"cola", 15.4, 51}, {"rte", 86.1, 317}, {"stsb", 40.4, 157}}) {
    std::size_t total = 0;
    std::size_t longest = 0;
    const TaskData data = load_real(shared, expected.task);
    for (const Example& example : data.train) {
      const std::size_t length = tokenizer.encode(example.source).size() + 1;
      total += length;
      longest = std::max(longest, length);
    }
    EXPECT_NEAR(static_cast<double>(total) / static_cast<double>(data.train.size()), expected.mean,
                0.05)
        << expected.task;
    EXPECT_EQ(longest, expected.longest) << expected.task;
  }
}

TEST(RealDataTest, EveryLabelTextFitsThreeTokens) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const Tokenizer tokenizer(shared / "data/tokenizer/spiece.model");
  for (const Task& task : all_tasks()) {
    for (const std::string& label : task.label_texts)
      EXPECT_LE(tokenizer.encode(label).size() + 1, 3U) << label;
  }
}

}  // namespace
}  // namespace attempt::datasets
