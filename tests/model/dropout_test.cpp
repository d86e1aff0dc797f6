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
