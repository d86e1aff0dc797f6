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

/// Mean and maximum number of source tokens, end token included, before truncation.
struct Lengths {
  double mean = 0;
  std::size_t longest = 0;
};

Lengths source_lengths(const Tokenizer& tokenizer, const std::vector<Example>& examples) {
  Lengths lengths;
  for (const Example& example : examples) {
    const std::size_t length = tokenizer.encode(example.source).size() + 1;
    lengths.mean += static_cast<double>(length) / static_cast<double>(examples.size());
    lengths.longest = std::max(lengths.longest, length);
  }
  return lengths;
}

struct MeasuredLengths {
  std::string task;
  std::map<std::string, std::string> files;  // where the data root lacks one
  bool is_train;                             // else the official validation file
  double mean;
  std::size_t longest;
};

class SourceLengthTest : public ::testing::TestWithParam<MeasuredLengths> {};

TEST_P(SourceLengthTest, IsTheMeasuredOne) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const Tokenizer tokenizer(shared / "data/tokenizer/spiece.model");
  const MeasuredLengths& measured = GetParam();
  const Task& task = find_task(measured.task);
  LoadOptions options{.root = shared / "data"};
  for (const auto& [split, file] : measured.files) options.files[split] = shared / "data" / file;
  const TaskData data = load_task(task, options);
  std::vector<Example> examples = measured.is_train ? data.train : data.test;
  const bool is_split = (task.split_rule == SplitRule::kTrainMinus1000) == measured.is_train;
  if (is_split) examples.insert(examples.end(), data.validation.begin(), data.validation.end());
  const Lengths lengths = source_lengths(tokenizer, examples);
  EXPECT_NEAR(lengths.mean, measured.mean, 0.0501);
  EXPECT_EQ(lengths.longest, measured.longest);
}

const std::string kNewsqa = "mrqa/newsqa_indomain_val.squadjson";

INSTANTIATE_TEST_SUITE_P(
    Tasks, SourceLengthTest,
    ::testing::Values(
        MeasuredLengths{"cola", {}, true, 15.4, 51}, MeasuredLengths{"sst2", {}, true, 21.8, 90},
        MeasuredLengths{"mrpc", {}, false, 71.7, 114}, MeasuredLengths{"rte", {}, true, 86.1, 317},
        MeasuredLengths{"qnli", {{"train", "hf_jsonl/qnli/train.jsonl"}}, false, 63.1, 310},
        MeasuredLengths{"stsb", {}, true, 40.4, 157},
        MeasuredLengths{"boolq", {{"train", "superglue/BoolQ/val.jsonl"}}, false, 162.5, 1145},
        MeasuredLengths{"cb", {}, true, 99.5, 308}, MeasuredLengths{"wic", {}, true, 35.5, 88},
        MeasuredLengths{"multirc", {}, true, 407.4, 868},
        MeasuredLengths{"wsc", {}, true, 46.4, 141},
        MeasuredLengths{"winogrande", {{"train", "winogrande/train_m.jsonl"}}, false, 40.4, 59},
        MeasuredLengths{"squad", {}, false, 219.9, 953},
        MeasuredLengths{"newsqa", {{"train", kNewsqa}, {"test", kNewsqa}}, false, 808.2, 1461}),
    [](const auto& measured) { return measured.param.task; });

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
