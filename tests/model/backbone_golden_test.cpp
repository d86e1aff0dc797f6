#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "model/decoder.h"
#include "model/encoder.h"
#include "model/generate.h"
#include "model/loss.h"
#include "model/method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

/// Both kinds of T5: relu with a tied head, gated GELU with a head of its own.
class BackboneGoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  const GoldenFile golden = golden_tensors("backbone/" + GetParam());
  const nlohmann::json json = golden_json("backbone/" + GetParam());
  const std::unique_ptr<T5> t5 = golden_backbone(GetParam());
  Dropout none;

  Encoded encode_batch(const Batch& batch, std::vector<at::Tensor>* blocks = nullptr) {
    return encode(*t5, embed(*t5, batch.input_ids), batch.attention_mask, none, {}, blocks);
  }

  void expect_same_states(const at::Tensor& found, const std::string& name) {
    const at::Tensor expected = golden.tensor(name);
    EXPECT_LE(max_difference(found, expected), kStateAtol * std::max(1.0, max_magnitude(expected)))
        << name;
  }
};

TEST_P(BackboneGoldenTest, EncoderAndDecoderStatesEqualTransformers) {
  const c10::NoGradGuard no_grad;
  const Batch batch = golden_batch(golden, "main");
  std::vector<at::Tensor> encoder_blocks;
  std::vector<at::Tensor> decoder_blocks;
  const Encoded encoded = encode_batch(batch, &encoder_blocks);
  decode(*t5, shift_right(t5->config, batch.labels), cross_attention(*t5, encoded), none,
         &decoder_blocks);

  const at::Tensor tokens = batch.attention_mask.unsqueeze(-1);
  expect_same_states(
      at::where(tokens, encoded.hidden, golden.tensor("main.encoder_last_hidden_state")),
      "main.encoder_last_hidden_state");
  for (int i = 0; i < 3; ++i) {
    const std::string name = "main.block_out.encoder." + std::to_string(i);
    expect_same_states(at::where(tokens, encoder_blocks[i], golden.tensor(name)), name);
    expect_same_states(decoder_blocks[i], "main.block_out.decoder." + std::to_string(i));
  }
}

TEST_P(BackboneGoldenTest, LogitsAndTokenLossesEqualTransformers) {
  const c10::NoGradGuard no_grad;
  for (const std::string name : {"main", "long"}) {
    const Batch batch = golden_batch(golden, name);
    const at::Tensor hidden = decode(*t5, shift_right(t5->config, batch.labels),
                                     cross_attention(*t5, encode_batch(batch)), none);
    at::Tensor logits = output_logits(*t5, hidden);
    EXPECT_TRUE(logits.argmax(-1).equal(golden.tensor(name + ".argmax"))) << name;
    const at::Tensor logsumexp = logits.logsumexp(-1);
    const at::Tensor expected = golden.tensor(name + ".logsumexp");
    EXPECT_LE(max_difference(logsumexp, expected), kLossRtol * max_magnitude(expected)) << name;
    if (name == "main") {
      expect_same_states(logits.index_select(-1, golden.tensor("main.logit_cols")),
                         "main.logits_at_cols");
      expect_same_states(logits[0][0], "main.logits_row_b0_t0");
    } else {
      const at::Tensor every_eighth = logits.slice(1, 0, logits.size(1), 8);
      expect_same_states(every_eighth.index_select(-1, golden.tensor("long.logit_cols")),
                         "long.logits_at_cols");
    }
  }
}

TEST_P(BackboneGoldenTest, LossIsTheMeanOverLabelTokens) {
  const c10::NoGradGuard no_grad;
  for (const std::string name : {"main", "long"}) {
    const Batch batch = golden_batch(golden, name);
    const LossSum loss = label_loss(*t5, encode_batch(batch), batch.labels, none);
    const double expected = json[name]["loss64"];
    EXPECT_NEAR(loss.nll.item<double>() / static_cast<double>(loss.tokens), expected,
                kLossRtol * expected)
        << name;
  }
}

TEST_P(BackboneGoldenTest, FineTuningGradientsEqualTransformersForEveryWeight) {
  MethodInputs inputs;
  inputs.options.method = "fine_tuning";
  inputs.backbone = t5.get();
  const std::unique_ptr<Method> method = make_method(inputs);
  const LossSum loss = method->loss(golden_batch(golden, "main"), none);
  loss.nll.div(static_cast<double>(loss.tokens)).backward();

  const at::Tensor rows = golden.tensor("grad_rows");
  for (const TrainedParameter& parameter : method->parameters()) {
    ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
    const bool is_vocabulary =
        parameter.name == "shared.weight" || parameter.name == "lm_head.weight";
    const at::Tensor found =
        is_vocabulary ? parameter.value.grad().index_select(0, rows) : parameter.value.grad();
    const at::Tensor expected = golden.tensor("grad." + parameter.name);
    EXPECT_LE(max_difference(found, expected), kGradientAtol * max_magnitude(expected))
        << parameter.name;
  }
}

TEST_P(BackboneGoldenTest, GreedyGenerationGivesTheSameIds) {
  const c10::NoGradGuard no_grad;
  const Batch batch = golden_batch(golden, "generate");
  const at::Tensor ids = generate_greedy(*t5, cross_attention(*t5, encode_batch(batch)),
                                         json["generate"]["max_new_tokens"]);
  const auto expected = json["generate"]["ids"].get<std::vector<std::vector<std::int64_t>>>();
  for (std::size_t row = 0; row < expected.size(); ++row) {
    std::vector<std::int64_t> found(expected[row].size() - 1, 0);
    for (std::int64_t i = 0; i < ids.size(1); ++i) {
      found[static_cast<std::size_t>(i)] =
          ids[static_cast<std::int64_t>(row)][i].item<std::int64_t>();
    }
    EXPECT_EQ(found, std::vector<std::int64_t>(expected[row].begin() + 1, expected[row].end()))
        << "row " << row;
  }
}

/// Greedy ids with zeros behind them, so that widths don't matter.
at::Tensor of_width(const at::Tensor& ids, std::int64_t width) {
  return at::constant_pad_nd(ids, {0, width - ids.size(1)}, 0);
}

/// Whether predict() gives the ids of greedy generation whatever the labels are: the ids
/// themselves, others, longer and shorter ones, and such that leave them at another place in every
/// row.
void expect_generated_ids(T5& t5, Batch batch, const Encoded& encoded) {
  constexpr std::int64_t kNewTokens = 6;
  const CrossAttention cross = cross_attention(t5, encoded);
  const at::Tensor free_running = generate_greedy(t5, cross, kNewTokens);
  // A random backbone seldom ends a row by itself: let ids that it does generate be the end token.
  for (const std::int64_t end : {t5.config.eos_token_id, free_running[0][2].item<std::int64_t>(),
                                 free_running[1][0].item<std::int64_t>()}) {
    t5.config.eos_token_id = end;
    const at::Tensor ids = of_width(generate_greedy(t5, cross, kNewTokens), kNewTokens);
    const at::Tensor other = ids.add(7).remainder(t5.config.vocab_size);
    const at::Tensor same = ids.masked_fill(ids.eq(0), -100);
    at::Tensor mixed = same.clone();
    for (std::int64_t row = 0; row < mixed.size(0); ++row) {
      mixed[row].slice(0, row).copy_(other[row].slice(0, row));
    }
    const std::vector<at::Tensor> labels = {same, other, at::cat({ids, other}, 1),
                                            ids.slice(1, 0, 2), mixed};
    for (std::size_t i = 0; i < labels.size(); ++i) {
      batch.labels = labels[i];
      for (const std::int64_t new_tokens : {std::int64_t{1}, std::int64_t{3}, kNewTokens}) {
        const at::Tensor found = predict(t5, encoded, batch, new_tokens).tokens;
        ASSERT_LE(found.size(1), new_tokens);
        EXPECT_TRUE(at::equal(of_width(found, new_tokens), ids.slice(1, 0, new_tokens)))
            << "end " << end << ", labels " << i << ", " << new_tokens << " tokens\n"
            << found << "\n"
            << ids;
      }
    }
  }
}

TEST_P(BackboneGoldenTest, PredictionFromTheLabelsPassIsGreedyGeneration) {
  const c10::NoGradGuard no_grad;
  const Batch batch = golden_batch(golden, "generate");
  expect_generated_ids(*t5, batch, encode_batch(batch));
}

TEST_P(BackboneGoldenTest, PredictionIsGreedyGenerationWithAdaptersByRowToo) {
  const c10::NoGradGuard no_grad;
  const Batch batch = golden_batch(golden, "generate");
  constexpr std::int64_t kTasks = 3, kBottleneck = 4;
  const std::int64_t width = t5->config.d_model;
  const at::TensorOptions options = at::TensorOptions().device(test_device());
  at::manual_seed(1);
  t5->decoder.back().feed_forward_adapter = {
      .down_weight = at::randn({kTasks, kBottleneck, width}, options),
      .down_bias = at::randn({kTasks, kBottleneck}, options),
      .up_weight = at::randn({kTasks, width, kBottleneck}, options),
      .up_bias = at::randn({kTasks, width}, options),
      .task_ids = at::arange(batch.input_ids.size(0), options.dtype(at::kLong)).remainder(kTasks)};
  expect_generated_ids(*t5, batch, encode_batch(batch));
}

TEST_P(BackboneGoldenTest, MorePaddingChangesNothing) {
  const c10::NoGradGuard no_grad;
  const Batch batch = golden_batch(golden, "main");
  const at::Tensor ids = at::constant_pad_nd(batch.input_ids, {0, 5}, 7);
  const at::Tensor mask = at::constant_pad_nd(batch.attention_mask, {0, 5}, 0);
  const Encoded padded = encode(*t5, embed(*t5, ids), mask, none);
  const double plain = label_loss(*t5, encode_batch(batch), batch.labels, none).nll.item<double>();
  const double with_padding = label_loss(*t5, padded, batch.labels, none).nll.item<double>();
  EXPECT_NEAR(with_padding, plain, kLossRtol * plain);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BackboneGoldenTest, ::testing::Values("t5_v1_0", "t5_v1_1"),
                         [](const auto& instance) { return instance.param; });

TEST(Bf16BackboneTest, ComputesTheLossOfRoundedWeightsInBothPrecisions) {
  // The reference: t5_v1_0 rounded to bfloat16, once with float32 and once with bfloat16
  // arithmetic.
  const c10::NoGradGuard no_grad;
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  TensorMap rounded;
  TensorMap narrow;
  for (const auto& [name, tensor] : t5->tensors) {
    narrow[name] = tensor.to(at::kBFloat16);
    rounded[name] = narrow[name].to(at::kFloat);
  }
  const GoldenFile golden = golden_tensors("backbone/t5_v1_0_bf16");
  const Batch batch = golden_batch(golden, "main");
  Dropout none;
  const T5 wide = make_t5(t5->config, rounded, Packing::kPacked);
  const Encoded encoded = encode(wide, embed(wide, batch.input_ids), batch.attention_mask, none);
  const LossSum wide_loss = label_loss(wide, encoded, batch.labels, none);
  const double mean = wide_loss.nll.item<double>() / static_cast<double>(wide_loss.tokens);
  constexpr double kExpected = 11.791400909423828;
  EXPECT_NEAR(mean, kExpected, kLossRtol * kExpected);

  const T5 half = make_t5(t5->config, narrow, Packing::kPacked);
  const LossSum half_loss =
      label_loss(half, encode(half, embed(half, batch.input_ids), batch.attention_mask, none),
                 batch.labels, none);
  const double half_mean = half_loss.nll.item<double>() / static_cast<double>(half_loss.tokens);
  EXPECT_NEAR(half_mean, kExpected, 2e-2 * kExpected);  // bfloat16 has 8 bits of mantissa
}

}  // namespace
}  // namespace attempt::model
