#include "runner/train/update_step.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runner/train/adamw.h"
#include "runner/train/bad_tensor.h"
#include "runner/train/gradients.h"
#include "tests/model/golden.h"

namespace attempt::train {
namespace {

using namespace attempt::test;

struct PromptTrial {
  std::unique_ptr<model::T5> t5 = golden_backbone("t5_v1_0");
  std::unique_ptr<model::Method> method;
  std::unique_ptr<Optimizer> optimizer;
  model::Dropout none;

  PromptTrial() {
    model::MethodInputs inputs;
    inputs.options.method = "prompt_tuning";
    inputs.options.prompt_length = 4;
    inputs.backbone = t5.get();
    inputs.init_seed = 7;
    method = model::make_method(inputs);
    optimizer = std::make_unique<AdamW>(
        std::vector<OptimizedParameter>{{"prompt", prompt(), 0.1, 0.0}}, AdamWOptions{});
  }

  at::Tensor prompt() const { return method->parameters()[0].value; }
};

model::Batch rows(const model::Batch& batch, std::int64_t begin, std::int64_t end) {
  return {batch.input_ids.slice(0, begin, end), batch.attention_mask.slice(0, begin, end),
          batch.labels.slice(0, begin, end), at::zeros({end - begin}, at::kLong)};
}

TEST(UpdateStepTest, TheSplitIntoMicroBatchesOfUnequalTokenCountsChangesNothing) {
  const model::Batch batch = golden_batch(golden_tensors("backbone/t5_v1_0"), "main");
  const std::int64_t n = batch.input_ids.size(0);
  PromptTrial whole;
  PromptTrial split;
  const std::vector<model::Batch> one = {rows(batch, 0, n)};
  const std::vector<model::Batch> two = {rows(batch, 0, 1), rows(batch, 1, n)};

  const UpdateResult a = update_step(*whole.method, *whole.optimizer, whole.none, one, {});
  const UpdateResult b = update_step(*split.method, *split.optimizer, split.none, two, {});

  EXPECT_NEAR(a.loss, b.loss, 1e-6 * a.loss);
  EXPECT_NEAR(a.gradient_norm, b.gradient_norm, 1e-4 * a.gradient_norm);
  EXPECT_LE(max_difference(whole.prompt(), split.prompt()), 1e-4);
}

TEST(UpdateStepTest, EveryRowMayWeighTheSameWhateverTheMicroBatches) {
  const model::Batch batch = golden_batch(golden_tensors("backbone/t5_v1_0"), "main");
  const std::int64_t n = batch.input_ids.size(0);
  double mean_of_rows = 0;
  for (std::int64_t row = 0; row < n; ++row) {
    PromptTrial alone;
    const std::vector<model::Batch> one = {rows(batch, row, row + 1)};
    mean_of_rows += update_step(*alone.method, *alone.optimizer, alone.none, one, {}).loss /
                    static_cast<double>(n);
  }
  std::vector<model::Batch> two = {rows(batch, 0, 1), rows(batch, 1, n)};
  for (model::Batch& part : two) {
    part.loss_rule.is_mean_of_rows = true;
    part.task_ids.fill_(1);
  }
  PromptTrial trial;

  const UpdateResult result =
      update_step(*trial.method, *trial.optimizer, trial.none, two, {1, 1, /*tasks=*/2});

  EXPECT_NEAR(result.loss, mean_of_rows, 1e-5 * mean_of_rows);
  EXPECT_TRUE(std::isnan(result.task_loss.at(0)));
  EXPECT_NEAR(result.task_loss.at(1), mean_of_rows, 1e-5 * mean_of_rows);
}

TEST(UpdateStepTest, SmoothedLabelsLeaveAPartOfTheTargetToTheWholeVocabulary) {
  const model::Batch batch = golden_batch(golden_tensors("backbone/t5_v1_0"), "main");
  const auto loss_at = [&](double smoothing) {
    PromptTrial trial;
    std::vector<model::Batch> one = {rows(batch, 0, batch.input_ids.size(0))};
    one[0].loss_rule.label_smoothing = smoothing;
    return update_step(*trial.method, *trial.optimizer, trial.none, one, {}).loss;
  };
  // The loss is linear in the share that is spread.
  EXPECT_NEAR(loss_at(0.2) - loss_at(0), 2 * (loss_at(0.1) - loss_at(0)), 1e-4);
  EXPECT_GT(std::abs(loss_at(0.1) - loss_at(0)), 1e-3);
}

TEST(UpdateStepTest, ClipsAllGradientsTogether) {
  at::Tensor a = at::ones({2});
  at::Tensor b = at::ones({2});
  const std::vector<model::TrainedParameter> both = {{"a", a}, {"b", b}};
  a.mutable_grad() = at::full({2}, 3.0);
  b.mutable_grad() = at::full({2}, 4.0);
  const at::Tensor norm = norm_of_norms(gradient_norms(both));
  EXPECT_NEAR(norm.item<double>(), std::sqrt(50.0), 1e-5);

  clip_gradients(both, norm, 10);
  EXPECT_TRUE(a.grad().equal(at::full({2}, 3.0)));
  clip_gradients(both, norm, 1);
  EXPECT_NEAR(a.grad()[0].item<double>(), 3 / (std::sqrt(50.0) + 1e-6), 1e-6);
  EXPECT_NEAR(b.grad()[0].item<double>(), 4 / (std::sqrt(50.0) + 1e-6), 1e-6);
}

TEST(UpdateStepTest, LeavesParametersAloneAndNamesTheBadTensorWhenTheLossIsNotANumber) {
  const model::Batch batch = golden_batch(golden_tensors("backbone/t5_v1_0"), "main");
  PromptTrial trial;
  const std::vector<model::Batch> batches = {rows(batch, 0, 2)};
  at::Tensor prompt = trial.prompt().detach();
  prompt[1][2] = std::numeric_limits<float>::quiet_NaN();

  const UpdateResult result = update_step(*trial.method, *trial.optimizer, trial.none, batches, {});

  EXPECT_FALSE(std::isfinite(result.loss));
  EXPECT_EQ(trial.optimizer->step_count(), 0);
  const auto bad = first_bad_tensor(*trial.method, *trial.t5);
  ASSERT_TRUE(bad.has_value());
  EXPECT_NE(bad->find("parameter 'prompt' (1 of"), std::string::npos) << *bad;
}

TEST(UpdateStepTest, NamesABadWeightOfTheBackbone) {
  PromptTrial trial;
  EXPECT_FALSE(first_bad_tensor(*trial.method, *trial.t5).has_value());
  trial.t5->encoder_norm.weight[0] = std::numeric_limits<float>::infinity();

  const auto bad = first_bad_tensor(*trial.method, *trial.t5);

  ASSERT_TRUE(bad.has_value());
  EXPECT_NE(bad->find("encoder.final_layer_norm.weight"), std::string::npos) << *bad;
}

}  // namespace
}  // namespace attempt::train
