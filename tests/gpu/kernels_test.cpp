// The CUDA kernels against plain ATen in float32. Skipped where there is no GPU or the build has no
// kernels.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "model/dropout.h"
#include "model/fused.h"
#include "model/rms_norm.h"

namespace attempt::model {
namespace {

constexpr double kRate = 0.1;
constexpr double kBf16Error = 0.01;  // of a norm; bfloat16 keeps 8 bits

double error(const at::Tensor& found, const at::Tensor& expected) {
  const at::Tensor wide = expected.to(at::kDouble);
  return ((found.to(at::kDouble) - wide).norm() / wide.norm()).item<double>();
}

class GpuKernelsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fused::is_built()) GTEST_SKIP() << "this build has no CUDA kernels";
    if (!at::hasCUDA()) GTEST_SKIP() << "no GPU is visible";
    at::manual_seed(3);
  }
  const at::Device gpu_ = at::Device(at::kCUDA, 0);
};

TEST_F(GpuKernelsTest, DropoutDrawsTheMasksOfTheCpu) {
  Dropout on_cpu(kRate, 5, at::kCPU), on_gpu(kRate, 5, gpu_);
  const at::Tensor x = at::randn({33, 257}), residual = at::randn({33, 257});
  for (int call = 0; call < 3; ++call) {
    EXPECT_TRUE(on_gpu(x.to(gpu_)).cpu().equal(on_cpu(x)));
    EXPECT_LT(error(on_gpu.add(residual.to(gpu_), x.to(gpu_)).cpu(), on_cpu.add(residual, x)),
              1e-6);
    EXPECT_TRUE(on_gpu.relu(x.to(gpu_)).cpu().equal(on_cpu.relu(x)));
  }
  on_cpu.skip(7);
  on_gpu.skip(7);
  on_gpu.start_step();
  EXPECT_TRUE(on_gpu(x.to(gpu_)).cpu().equal(on_cpu(x)));
}

TEST_F(GpuKernelsTest, ReluDropoutHasTheGradientOfTheCpu) {
  const at::Tensor x = at::randn({33, 257}), upstream = at::randn({33, 257});  // no multiple of 8
  const auto gradient = [&](const at::Device& device) {
    Dropout dropout(kRate, 5, device);
    const at::Tensor leaf = x.to(device).clone().set_requires_grad(true);
    (dropout.relu(leaf) * upstream.to(device)).sum().backward();
    return leaf.grad().cpu();
  };
  EXPECT_TRUE(gradient(gpu_).equal(gradient(at::kCPU)));
}

TEST_F(GpuKernelsTest, AddNormEqualsItsParts) {
  for (const std::int64_t width : {512, 768, 1024}) {
    const at::Tensor residual = at::randn({5, 7, width}), branch = at::randn({5, 7, width});
    const at::Tensor weight = at::rand({width}) + 0.5, upstream = at::randn({5, 7, width});
    const at::Tensor upstream_sum = at::randn({5, 7, width});
    const auto run = [&](const at::Device& device, at::ScalarType type) {
      Dropout dropout(kRate, 9, device);
      const auto leaf = [&](const at::Tensor& x, at::ScalarType of) {
        return x.to(device, of).clone().set_requires_grad(true);
      };
      const at::Tensor r = leaf(residual, type), b = leaf(branch, type),
                       w = leaf(weight, at::kFloat);
      const NormedSum both = add_norm(r, b, dropout, {w, {}}, 1e-6);
      ((both.normed * upstream.to(device)).sum() + (both.sum * upstream_sum.to(device)).sum())
          .backward();
      return std::vector<at::Tensor>{both.sum.detach().cpu(), both.normed.detach().cpu(),
                                     r.grad().cpu(), b.grad().cpu(), w.grad().cpu()};
    };
    const auto expected = run(at::kCPU, at::kFloat);
    const auto wide = run(gpu_, at::kFloat), half = run(gpu_, at::kBFloat16);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_LT(error(wide[i], expected[i]), 1e-5) << width << " output " << i;
      EXPECT_LT(error(half[i], expected[i]), kBf16Error) << width << " output " << i;
    }
  }
}

TEST_F(GpuKernelsTest, MaskedSoftmaxEqualsItsPartsInBothDirections) {
  constexpr std::int64_t kRows = 3, kHeads = 4, kQueries = 2, kKeys = 357;
  const at::Tensor scores = at::randn({kRows, kQueries * kHeads, kKeys}).to(at::kBFloat16);
  const at::Tensor upstream = at::randn(scores.sizes());
  at::Tensor mask = at::ones({kRows, kKeys}, at::kBool);
  mask[1].slice(0, 5).fill_(false);
  for (const double rate : {0.0, kRate}) {
    Dropout on_cpu(rate, 11, at::kCPU), on_gpu(rate, 11, gpu_);
    const at::Tensor plain = scores.to(at::kFloat).set_requires_grad(true);
    const at::Tensor weights = at::softmax(
        plain.masked_fill(mask.logical_not().unsqueeze(1), -std::numeric_limits<float>::infinity()),
        -1);
    const at::Tensor of_heads =
        weights.view({kRows, kQueries, kHeads, kKeys}).transpose(1, 2).contiguous();
    const at::Tensor expected = on_cpu(of_heads).transpose(1, 2).reshape(scores.sizes());
    (expected * upstream).sum().backward();
    for (const std::int64_t padding : {0, 3}) {
      const auto padded = [&](const at::Tensor& x) {
        return at::constant_pad_nd(x, {0, padding}, 7).to(gpu_);
      };
      const at::Tensor leaf = padded(scores).set_requires_grad(true);
      on_gpu.skip(0 - on_gpu.draws());
      const at::Tensor found =
          fused::masked_softmax(leaf, mask.to(gpu_), kHeads, on_gpu.next_draw());
      (found * padded(upstream)).sum().backward();
      EXPECT_EQ(found.slice(2, kKeys).abs().sum().item<double>(), 0);
      EXPECT_EQ(leaf.grad().slice(2, kKeys).abs().sum().item<double>(), 0);
      const at::Tensor weights_found = found.detach().slice(2, 0, kKeys).cpu();
      EXPECT_TRUE(weights_found.eq(0).equal(expected.eq(0))) << "the same weights are dropped";
      EXPECT_LT(error(weights_found, expected.detach()), kBf16Error);
      EXPECT_LT(error(leaf.grad().slice(2, 0, kKeys).cpu(), plain.grad()), kBf16Error);
    }
  }
}

struct Case {
  std::int64_t queries, keys;
  bool is_self, has_bias;
  double rate;
};

class GpuAttentionTest : public GpuKernelsTest, public testing::WithParamInterface<Case> {};

TEST_P(GpuAttentionTest, EqualsPlainAttention) {
  const Case c = GetParam();
  constexpr std::int64_t kRows = 3, kHeads = 2, kWidth = 64;
  const auto heads = [&](std::int64_t length, double scale) {
    return (at::randn({kRows, kHeads, length, kWidth}) * scale).to(at::kBFloat16).to(at::kFloat);
  };
  const at::Tensor q = heads(c.queries, 0.3), k = heads(c.keys, 0.3), v = heads(c.keys, 1);
  const at::Tensor upstream =
      at::randn({kRows, c.queries, kHeads * kWidth}).to(at::kBFloat16).to(at::kFloat);
  const at::Tensor by_distance = at::randn({kHeads, c.queries + c.keys - 1});
  at::Tensor mask = at::ones({kRows, c.keys}, at::kBool);
  mask[1].slice(0, c.keys / 2).fill_(false);
  mask[2].slice(0, c.keys - 1).fill_(false);
  const at::Tensor is_query =
      c.is_self ? mask : at::ones({kRows, c.queries}, at::kBool);  // others' outputs mean nothing
  const at::Tensor seen = upstream * is_query.unsqueeze(-1);

  // Plain, on the CPU in float32 with the same dropout stream.
  Dropout on_cpu(c.rate, 11, at::kCPU), on_gpu(c.rate, 11, gpu_);
  const auto leaf = [](const at::Tensor& x) { return x.clone().set_requires_grad(true); };
  const at::Tensor q1 = leaf(q), k1 = leaf(k), v1 = leaf(v);
  at::Tensor scores = at::matmul(q1, k1.transpose(-1, -2));
  if (c.has_bias) {
    const at::Tensor index =
        (at::arange(c.keys).unsqueeze(0) - at::arange(c.queries).unsqueeze(1) + c.queries - 1)
            .reshape({-1});
    scores = scores + by_distance.index_select(1, index).view({1, kHeads, c.queries, c.keys});
  }
  scores = scores.masked_fill(mask.logical_not().unsqueeze(1).unsqueeze(1),
                              -std::numeric_limits<float>::infinity());
  const at::Tensor expected = at::matmul(on_cpu(at::softmax(scores, -1)), v1)
                                  .transpose(1, 2)
                                  .reshape({kRows, c.queries, -1});
  (expected * seen).sum().backward();

  const auto on_device = [&](const at::Tensor& x) {
    return x.transpose(1, 2)
        .contiguous()
        .to(gpu_, at::kBFloat16)
        .transpose(1, 2)
        .detach()
        .set_requires_grad(true);
  };
  const at::Tensor q2 = on_device(q), k2 = on_device(k), v2 = on_device(v);
  fused::AttentionBias bias;
  if (c.has_bias) bias.by_distance = (by_distance * std::numbers::log2e).to(gpu_);
  bias.key_mask = mask.to(gpu_);
  bias.is_self = c.is_self;
  const at::Tensor found = fused::attention({q2, k2, v2, {}, kHeads}, bias, on_gpu.next_draw());
  (found * seen.to(gpu_)).sum().backward();
  EXPECT_LT(error((found.cpu() * is_query.unsqueeze(-1)).detach(),
                  (expected * is_query.unsqueeze(-1)).detach()),
            kBf16Error);
  EXPECT_LT(error(q2.grad().cpu(), q1.grad()), 2 * kBf16Error);
  EXPECT_LT(error(k2.grad().cpu(), k1.grad()), 2 * kBf16Error);
  EXPECT_LT(error(v2.grad().cpu(), v1.grad()), 2 * kBf16Error);

  if (!c.is_self) return;
  // The same from one packed product.
  const auto rows_of = [](const at::Tensor& x) {
    return x.detach().transpose(1, 2).reshape({kRows, x.size(2), -1});
  };
  const at::Tensor packed =
      at::cat({rows_of(q2), rows_of(k2), rows_of(v2)}, -1).set_requires_grad(true);
  Dropout again(c.rate, 11, gpu_);
  const at::Tensor of_packed =
      fused::attention({{}, {}, {}, packed, kHeads}, bias, again.next_draw());
  (of_packed * seen.to(gpu_)).sum().backward();
  EXPECT_TRUE(of_packed.equal(found));
  EXPECT_TRUE(packed.grad().equal(
      at::cat({rows_of(q2.grad()), rows_of(k2.grad()), rows_of(v2.grad())}, -1)));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, GpuAttentionTest,
    testing::Values(Case{64, 64, true, false, 0}, Case{64, 64, true, true, 0.1},
                    Case{130, 130, true, true, 0}, Case{356, 356, true, true, 0.1},
                    Case{2, 100, false, false, 0.1}, Case{70, 33, false, true, 0.1}));

}  // namespace
}  // namespace attempt::model
