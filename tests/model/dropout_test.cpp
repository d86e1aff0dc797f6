#include "model/dropout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace attempt::model {
namespace {

constexpr double kRate = 0.1;

TEST(DropoutTest, DropsTheGivenShareAndScalesTheRest) {
  Dropout dropout(kRate, 7, at::kCPU);
  const at::Tensor out = dropout(at::ones({1000, 1000}));
  const double dropped = out.eq(0).to(at::kDouble).mean().item<double>();
  EXPECT_NEAR(dropped, kRate, 0.001);  // 1e6 draws: three standard deviations are 0.0009
  EXPECT_TRUE(out.masked_select(out.ne(0)).eq(1.0F / 0.9F).all().item<bool>());
}

TEST(DropoutTest, RowsColumnsAndCallsAreIndependent) {
  Dropout dropout(kRate, 7, at::kCPU);
  const at::Tensor first = dropout(at::ones({512, 512})).eq(0).to(at::kDouble);
  const at::Tensor second = dropout(at::ones({512, 512})).eq(0).to(at::kDouble);
  const double both = (first * second).mean().item<double>();
  EXPECT_NEAR(both, kRate * kRate, 0.001);
  // The share dropped in a column has the spread of independent draws: sqrt(0.09 / 512) = 0.0133.
  EXPECT_NEAR(first.mean(0).std().item<double>(), 0.0133, 0.002);
  EXPECT_NEAR(first.mean(1).std().item<double>(), 0.0133, 0.002);
}

/// What rows of two trials draw in one pass, against what each trial draws alone: [2, 5, 4, 5] and
/// [1, 3, 4, 3], of attention weights; [2, 5, 6] and [1, 3, 6], of activations.
TEST(DropoutTest, RowsOfTwoTrialsInOnePassDrawWhatTheyDrawAlone) {
  Dropout first(kRate, 7, at::kCPU), second(kRate, 8, at::kCPU);
  second(at::ones({3}));  // it is at another draw
  Dropout first_alone(kRate, 7, at::kCPU), second_alone(kRate, 8, at::kCPU);
  second_alone.set_state(second.state());
  const std::vector<DropoutPart> parts = {{&first, 2, 5, 2}, {&second, 1, 3, 1}};

  Dropout both(kRate, 0, at::kCPU);
  both.start_parts(parts, 5, 2);
  const at::Tensor weights = both(at::ones({3, 40, 5, 5}));
  const at::Tensor activations = both.relu(at::ones({3, 5, 600}));
  const at::Tensor cross = both.add(at::zeros({3, 40, 2, 5}), at::ones({3, 40, 2, 5}));
  both.finish_parts(parts);

  EXPECT_TRUE(weights.slice(0, 0, 2).equal(first_alone(at::ones({2, 40, 5, 5}))));
  EXPECT_TRUE(activations.slice(0, 0, 2).equal(first_alone(at::ones({2, 5, 600}))));
  EXPECT_TRUE(cross.slice(0, 0, 2).equal(first_alone(at::ones({2, 40, 2, 5}))));
  const at::Tensor of_second = weights.slice(0, 2).slice(2, 0, 3).slice(3, 0, 3);
  EXPECT_TRUE(of_second.equal(second_alone(at::ones({1, 40, 3, 3}))));
  EXPECT_TRUE(activations.slice(0, 2).slice(1, 0, 3).equal(second_alone(at::ones({1, 3, 600}))));
  const at::Tensor cross_of_second = cross.slice(0, 2).slice(2, 0, 1).slice(3, 0, 3);
  EXPECT_TRUE(cross_of_second.equal(second_alone(at::ones({1, 40, 1, 3}))));
  EXPECT_TRUE(first.state().equal(first_alone.state()));
  EXPECT_TRUE(second.state().equal(second_alone.state()));
}

TEST(DropoutTest, GradientOfRowsPassesWhereTheValueDid) {
  Dropout own(kRate, 7, at::kCPU);
  Dropout dropout(kRate, 0, at::kCPU);
  dropout.start_parts(std::vector<DropoutPart>{{&own, 4, 6, 2}}, 8, 2);
  const at::Tensor x = at::ones({4, 8, 33}).set_requires_grad(true);
  const at::Tensor out = dropout(x);
  out.sum().backward();
  EXPECT_TRUE(x.grad().equal(out));
}

TEST(DropoutTest, IsNothingWhenInactive) {
  Dropout none;
  const at::Tensor x = at::randn({4, 4});
  EXPECT_TRUE(none(x).is_same(x));
  EXPECT_TRUE(none.add(x, x).equal(x + x));
  EXPECT_TRUE(none.relu(x).equal(at::relu(x)));
}

TEST(DropoutTest, GradientPassesWhereTheValueDid) {
  Dropout dropout(kRate, 3, at::kCPU);
  const at::Tensor x = at::randn({64, 33}).set_requires_grad(true);
  const at::Tensor residual = at::randn({64, 33}).set_requires_grad(true);
  dropout(x).sum().backward();
  const at::Tensor plain = x.grad().clone();
  x.mutable_grad().zero_();
  EXPECT_TRUE(plain.eq(0).logical_or(plain.eq(1.0F / 0.9F)).all().item<bool>());

  const at::Tensor sum = dropout.add(residual, x);
  sum.sum().backward();
  EXPECT_TRUE(at::allclose(sum, residual + x * x.grad(), /*rtol=*/1e-5, /*atol=*/1e-6));
  EXPECT_TRUE(residual.grad().eq(1).all().item<bool>());
  x.mutable_grad().zero_();

  const at::Tensor rectified = dropout.relu(x);
  rectified.sum().backward();
  EXPECT_TRUE(at::allclose(rectified, x * x.grad(), /*rtol=*/1e-5, /*atol=*/1e-6));
  EXPECT_TRUE(x.grad().masked_select(x.lt(0)).eq(0).all().item<bool>());
}

TEST(DropoutTest, DoesNotDependOnTheNumberOfThreads) {
  const int threads = at::get_num_threads();
  const at::Tensor x = at::ones({700, 700});
  at::set_num_threads(1);
  const at::Tensor one = Dropout(kRate, 5, at::kCPU)(x);
  at::set_num_threads(2);
  const at::Tensor two = Dropout(kRate, 5, at::kCPU)(x);
  at::set_num_threads(threads);
  EXPECT_TRUE(one.equal(two));
}

TEST(DropoutTest, GoesOnFromASavedState) {
  const at::Tensor x = at::ones({50, 50});
  Dropout dropout(kRate, 11, at::kCPU);
  dropout(x);
  const at::Tensor state = dropout.state();
  const at::Tensor next = dropout(x);
  Dropout resumed(kRate, 11, at::kCPU);
  EXPECT_FALSE(resumed(x).equal(next));
  resumed.set_state(state);
  EXPECT_TRUE(resumed(x).equal(next));
  EXPECT_FALSE(Dropout(kRate, 12, at::kCPU)(x).equal(Dropout(kRate, 11, at::kCPU)(x)));
}

}  // namespace
}  // namespace attempt::model
