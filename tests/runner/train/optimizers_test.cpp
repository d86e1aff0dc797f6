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

// Updated by row, a row moves as if it were a tensor of its own that is stepped when it has a
// gradient.
TEST(AdamWTest, RowsWithoutGradientStayAsTheyAre) {
  const OptimizedParameter by_row = {.name = "p",
                                     .value = at::tensor({1.0F, -2.0F, 3.0F, 4.0F}).view({2, 2}),
                                     .learning_rate = 0.1,
                                     .weight_decay = 0.01,
                                     .is_updated_by_row = true};
  AdamW optimizer({by_row}, {});
  const at::Tensor first = parameter({1, -2}), second = parameter({3, 4});
  AdamW of_first({{"p", first, 0.1, 0.01}}, {}), of_second({{"p", second, 0.1, 0.01}}, {});
  const at::Tensor none = vector({0, 0});
  const auto step_rows = [&](const at::Tensor& gradient0, const at::Tensor& gradient1) {
    step_with(optimizer, by_row.value, at::stack({gradient0, gradient1}));
  };

  step_rows(vector(kGradients[0]), none);
  step_with(of_first, first, vector(kGradients[0]));
  EXPECT_TRUE(at::equal(by_row.value[1], vector({3, 4})));
  step_rows(none, vector(kGradients[1]));
  step_with(of_second, second, vector(kGradients[1]));
  step_rows(vector(kGradients[2]), vector(kGradients[0]));
  step_with(of_first, first, vector(kGradients[2]));
  step_with(of_second, second, vector(kGradients[0]));

  EXPECT_TRUE(at::equal(by_row.value[0], first));
  EXPECT_TRUE(at::equal(by_row.value[1], second));
  ASSERT_EQ(optimizer.state().size(), 3U);
  EXPECT_EQ(optimizer.state()[2].name, "p.steps");
  EXPECT_TRUE(at::equal(optimizer.state()[2].value, vector({2, 2})));
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
