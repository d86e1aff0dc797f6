#include "runner/train/evaluator.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runner/train/method_setup.h"
#include "tests/model/golden.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

class EvaluatorTest : public ::testing::Test {
 protected:
  SplitEvaluation evaluate(std::int64_t batch_size) {
    const Evaluator evaluator(tokenizer, {at::kCPU, {}, batch_size});
    return evaluator.evaluate(*method, task, datasets::Split::kValidation, {}, {});
  }

  attempt::test::TinyWorld world;
  sweep::TrialSpec spec = world.spec("prompt_tuning");
  datasets::Tokenizer tokenizer{spec.data.tokenizer};
  TaskTokens task = open_task(spec.data, spec.tasks[0]);
  std::unique_ptr<model::T5> t5 = attempt::test::golden_backbone("t5_v1_0");
  std::unique_ptr<model::Method> method = set_up_method(spec, *t5, tokenizer, {});
};

TEST_F(EvaluatorTest, LossIsTheTokenMeanOfTheWholeSplitWhateverTheBatches) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(task.tokens.validation->size()));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const model::Batch whole =
      to_model_batch(datasets::collate(*task.tokens.validation, all, task.collate), at::kCPU);
  model::Dropout none;
  const model::LossSum sum = method->loss(whole, none);
  const double expected = sum.nll.item<double>() / static_cast<double>(sum.tokens);

  EXPECT_NEAR(evaluate(3).loss, expected, 1e-5 * expected);
  EXPECT_NEAR(evaluate(100).loss, expected, 1e-5 * expected);
}

TEST_F(EvaluatorTest, ResultsComeInTheOrderOfTheSplit) {
  const SplitEvaluation one = evaluate(1);
  const SplitEvaluation many = evaluate(5);

  ASSERT_EQ(one.ids.size(), 8U);
  EXPECT_EQ(one.predictions, many.predictions);
  for (std::int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(one.ids[static_cast<std::size_t>(i)], task.tokens.validation->example(i).id);
    EXPECT_EQ(one.targets[static_cast<std::size_t>(i)], task.tokens.validation->example(i).target);
  }
}

TEST_F(EvaluatorTest, AProbeLooksAtSomeBatchesOfAllLengths) {
  const auto rows = [&](std::int64_t most) {
    const Evaluator evaluator(tokenizer, {at::kCPU, {}, /*batch_size=*/1, most});
    return evaluator.evaluate(*method, task, datasets::Split::kValidation, {}, {}).rows;
  };
  EXPECT_EQ(rows(0), 8);
  EXPECT_EQ(rows(100), 8);
  EXPECT_EQ(rows(4), 4);
  EXPECT_EQ(rows(1), 1);
  const Evaluator two(tokenizer, {at::kCPU, {}, /*batch_size=*/1, 2});
  const auto some = two.evaluate(*method, task, datasets::Split::kValidation, {}, {});
  const auto all = evaluate(1);
  EXPECT_EQ(some.rows, 2);
  EXPECT_GT(some.loss, 0);
  EXPECT_EQ(some.ids, all.ids);
}

TEST(AttentionStatisticsTest, MeanDeviationAndEntropyAreThoseOfTheExamples) {
  AttentionStatistics statistics;
  statistics.add({{"a", "target"}, at::tensor({0.5F, 0.5F}).view({1, 2})});
  statistics.add({{"a", "target"}, at::tensor({1.0F, 0.0F, 0.0F, 1.0F}).view({2, 2})});

  const results::AttentionSummary summary = statistics.summary();

  EXPECT_EQ(summary.shape, (std::vector<std::int64_t>{2}));
  EXPECT_NEAR(summary.mean[0], 0.5, 1e-12);
  EXPECT_NEAR(summary.std[0], std::sqrt(1.0 / 6), 1e-12);  // population: 0.5, 1, 0
  EXPECT_NEAR(statistics.mean_entropy(), std::log(2.0) / 3, 1e-12);
}

TEST(TaskTokensTest, ACapPermutesFirstWhereTheSplitRuleLeavesTheFileOrder) {
  datasets::Task task;
  task.split_rule = datasets::SplitRule::kHalfValidation;
  EXPECT_EQ(capped_train_rows(task, 5, 3), (std::vector<std::int64_t>{2, 4, 3}));  // tasks.md 4.1
  EXPECT_EQ(capped_train_rows(task, 5, 5), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  task.split_rule = datasets::SplitRule::kTrainMinus1000;
  EXPECT_EQ(capped_train_rows(task, 5, 3), (std::vector<std::int64_t>{0, 1, 2}));
}

}  // namespace
}  // namespace attempt::train
