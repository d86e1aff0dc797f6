#include "model/encoded_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/loss.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

class EncodedAttentionGoldenTest : public ::testing::TestWithParam<std::string> {};

// Loss and gradients on the encoder's output itself and on its projection to keys and values, with
// the same dropout.
TEST_P(EncodedAttentionGoldenTest, EqualsAttentionToKeysAndValues) {
  const auto t5 = golden_backbone(GetParam());
  Batch batch = golden_batch(golden_tensors("backbone/" + GetParam()), "main");
  batch.labels = batch.labels.slice(1, 0, 3);
  ASSERT_TRUE(suits_encoded_rows(*t5, 3));
  const auto run = [&](bool is_projected) {
    const at::Tensor embeddings = embed(*t5, batch.input_ids).detach().set_requires_grad(true);
    Dropout dropout(0.1, 7, test_device()), none;
    const Encoded encoded = encode(*t5, embeddings, batch.attention_mask, none);
    const CrossAttention cross =
        is_projected ? cross_attention(*t5, encoded) : cross_attention_for(*t5, encoded, 3);
    EXPECT_EQ(cross.rows == nullptr, is_projected);
    const LossSum loss = label_loss(*t5, cross, batch.labels, dropout);
    loss.nll.backward();
    return std::pair(loss.nll.item<double>(), embeddings.grad());
  };
  const auto [loss, gradient] = run(false);
  const auto [expected_loss, expected_gradient] = run(true);
  EXPECT_NEAR(loss, expected_loss, kLossRtol * expected_loss);
  EXPECT_GT(max_magnitude(gradient), 0);
  EXPECT_LE(max_difference(gradient, expected_gradient),
            kGradientAtol * max_magnitude(expected_gradient));
}

INSTANTIATE_TEST_SUITE_P(Kinds, EncodedAttentionGoldenTest, ::testing::Values("t5_v1_0", "t5_v1_1"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace attempt::model
