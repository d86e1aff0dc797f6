#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runner/train/adafactor.h"
#include "runner/train/adamw.h"
#include "runner/train/make_optimizer.h"

namespace attempt::train {
namespace {

at::Tensor vector(std::vector<double> values) {
  return at::tensor(values, at::TensorOptions().dtype(at::kFloat));
}

at::Tensor parameter(std::vector<double> values) { return vector(values).set_requires_grad(true); }

void step_with(Optimizer& optimizer, at::Tensor value, const at::Tensor& gradient) {
  value.mutable_grad() = gradient.clone();
  optimizer.step(1.0);
}

void expect_values(const at::Tensor& got, const std::vector<double>& expected) {
  const at::Tensor flat = got.detach().flatten();
  ASSERT_EQ(flat.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(flat[static_cast<std::int64_t>(i)].item<double>(), expected[i], 1e-6) << i;
  }
}

const std::vector<std::vector<double>> kGradients = {{0.5, -0.25}, {1e-4, 2e-4}, {-0.3, 0.0}};

TEST(AdamWTest, TorchFormEqualsTorch) {  // expected: torch.optim.AdamW in float64
  const at::Tensor value = parameter({1, -2});
  AdamW optimizer({{"p", value, 0.1, 0.01}}, {});

  for (const auto& gradient : kGradients) step_with(optimizer, value, vector(gradient));

  expect_values(value, {0.8187275381701018, -1.775576972318555});
}

TEST(AdamWTest, Hf46FormKeepsEpsOutOfTheCorrectionAndDecaysLast) {  // expected: formula, float64
  const at::Tensor value = parameter({1, -2});
  AdamW optimizer({{"p", value, 0.1, 0.01}}, {.form = AdamWForm::kHf46, .eps = 1e-6});

  for (const auto& gradient : kGradients) step_with(optimizer, value, vector(gradient));

  expect_values(value, {0.8189169713930604, -1.7758229989696803});
}

TEST(AdamWTest, AFactorOfZeroMovesTheMomentsOnly) {
  at::Tensor value = parameter({1, -2});
  AdamW optimizer({{"p", value, 0.1, 0.01}}, {});
  value.mutable_grad() = vector({1, 1});

  optimizer.step(0);

  expect_values(value, {1, -2});
  expect_values(optimizer.state()[0].value, {0.1, 0.1});
}

TEST(AdamWTest, ContinuesBitForBitFromItsState) {
  const at::Tensor straight = parameter({1, -2});
  AdamW one({{"p", straight, 0.1, 0.01}}, {});
  for (const auto& gradient : kGradients) step_with(one, straight, vector(gradient));

  const at::Tensor first = parameter({1, -2});
  AdamW before({{"p", first, 0.1, 0.01}}, {});
  step_with(before, first, vector(kGradients[0]));
  const at::Tensor second = first.detach().clone().set_requires_grad(true);
  AdamW after({{"p", second, 0.1, 0.01}}, {});
  after.restore(before.step_count(), before.state());
  step_with(after, second, vector(kGradients[1]));
  step_with(after, second, vector(kGradients[2]));

  EXPECT_TRUE(at::equal(second, straight));
  EXPECT_EQ(after.step_count(), 3);
}

TEST(OptimizerTest, RefusesTheStateOfOtherTensors) {
  AdamW optimizer({{"p", parameter({1, -2}), 0.1, 0}}, {});
  AdamW of_other_name({{"q", parameter({1, -2}), 0.1, 0}}, {});
  AdamW of_other_shape({{"p", parameter({1, -2, 3}), 0.1, 0}}, {});

  EXPECT_THROW(optimizer.restore(1, of_other_name.state()), std::invalid_argument);
  EXPECT_THROW(optimizer.restore(1, of_other_shape.state()), std::invalid_argument);
  EXPECT_THROW(optimizer.restore(1, {}), std::invalid_argument);
}

// Expected: transformers.Adafactor with the settings of methods.md section 2, decay 0.01, rate 0.3.
const std::vector<double> kFirst = {1, 2, 3, -4};
const std::vector<double> kSecond = {0.5, -0.1, 0.2, 1};

TEST(AdafactorTest, HfFormFactorsMatrices) {
  const at::Tensor value = vector({0.1, 0.2, 0.3, 0.4}).view({2, 2}).set_requires_grad(true);
  Adafactor optimizer({{"prompt", value, 0.3, 0.01}}, AdafactorForm::kHf);

  step_with(optimizer, value, vector(kFirst).view({2, 2}));
  step_with(optimizer, value, vector(kSecond).view({2, 2}));

  expect_values(value, {-0.30602866411209106, -0.10461018979549408, -0.043917879462242126,
                        0.5815576910972595});
  ASSERT_EQ(optimizer.state().size(), 2U);
  EXPECT_EQ(optimizer.state()[0].name, "prompt.exp_avg_sq_row");
}

TEST(AdafactorTest, T5xFormLeavesPromptsUnfactored) {
  const at::Tensor value = vector({0.1, 0.2, 0.3, 0.4}).view({2, 2}).set_requires_grad(true);
  Adafactor optimizer({{"prompt", value, 0.3, 0.01}}, AdafactorForm::kT5x);

  step_with(optimizer, value, vector(kFirst).view({2, 2}));
  step_with(optimizer, value, vector(kSecond).view({2, 2}));

  expect_values(value,
                {-0.3985118865966797, -0.07734553515911102, -0.03146092966198921, 0.5863077044487});
}

TEST(AdafactorTest, T5xFormFactorsOtherMatrices) {
  const at::Tensor value = vector({1, 2, 3, 4}).view({2, 2}).set_requires_grad(true);
  Adafactor optimizer({{"G.W_down", value, 0.3, 0}}, AdafactorForm::kT5x);

  EXPECT_EQ(optimizer.state().size(), 2U);
}

TEST(MakeOptimizerTest, GivesTheGroupsTheirRatesAndSparesNormsAndBiasesFromDecay) {
  const at::Tensor prompt = parameter({1});
  const at::Tensor norm = parameter({1});
  const at::Tensor g = parameter({1});
  const std::vector<model::TrainedParameter> parameters = {
      {"prompt", prompt, model::ParameterGroup::kMain, false},
      {"G.ln_weight", norm, model::ParameterGroup::kG, true},
      {"G.W_up", g, model::ParameterGroup::kG, false}};
  sweep::OptimizerSpec spec;
  spec.learning_rate = 0.5;
  spec.learning_rate_g = 0.1;
  spec.weight_decay = 0.2;
  for (const model::TrainedParameter& trained : parameters) {
    at::Tensor value = trained.value;
    value.mutable_grad() = vector({0});  // no gradient: decay alone moves the value
  }

  make_optimizer(spec, parameters)->step(1);

  EXPECT_NEAR(prompt.item<double>(), 1 - 0.5 * 0.2, 1e-6);
  EXPECT_EQ(norm.item<double>(), 1);
  EXPECT_NEAR(g.item<double>(), 1 - 0.1 * 0.2, 1e-6);
}

TEST(MakeOptimizerTest, RefusesUnknownNames) {
  sweep::OptimizerSpec spec;
  spec.optimizer = "sgd";
  EXPECT_THROW(make_optimizer(spec, {}), std::invalid_argument);
  spec = {};
  spec.adamw_form = "hf5";
  EXPECT_THROW(make_optimizer(spec, {}), std::invalid_argument);
  spec = {};
  spec.decay_scope = "some";
  EXPECT_THROW(make_optimizer(spec, {}), std::invalid_argument);
}

}  // namespace
}  // namespace attempt::train
