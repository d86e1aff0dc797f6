#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "model/method.h"
#include "tests/model/every_method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

// The reduction identities of methods.md section 10: variants that start as, or become, another
// one.
class AttemptVariantsTest : public ::testing::Test {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  const GoldenFile golden = golden_tensors("attempt/t5_v1_0");
  const Batch batch = [this] {
    Batch rows = golden_batch(golden, "");
    rows.task_ids = at::zeros({rows.input_ids.size(0)}, at::kLong);
    return rows;
  }();
  Dropout none;

  MethodInputs inputs(const std::function<void(MethodOptions&)>& change = {}) {
    MethodInputs inputs;
    MethodOptions& options = inputs.options;
    options.method = "attempt";
    options.prompt_length = golden.shape("sources")[1];
    options.g_hidden = 7;
    options.temperature_rule = TemperatureRule::kNumber;
    options.temperature = 4;
    options.start_source = "target";
    const at::Tensor sources = golden.tensor("sources");
    for (std::int64_t j = 0; j < sources.size(0); ++j) {
      options.mixed_sources.push_back("source" + std::to_string(j));
      inputs.sources.push_back({options.mixed_sources.back(), sources[j]});
    }
    inputs.sources.push_back({"target", golden.tensor("targets")[0]});
    inputs.backbone = t5.get();
    inputs.init_seed = 11;
    if (change) change(options);
    return inputs;
  }

  double loss(const MethodInputs& inputs) {
    const LossSum sum = make_method(inputs)->loss(batch, none);
    return sum.nll.item<double>() / static_cast<double>(sum.tokens);
  }

  /// Sources and start with a prompt for every encoder layer; layer 0 is the shallow one.
  MethodInputs deep(MethodInputs inputs) {
    for (SourcePrompt& source : inputs.sources) {
      std::vector<at::Tensor> layers(static_cast<std::size_t>(t5->config.num_layers), source.value);
      for (std::size_t i = 1; i < layers.size(); ++i) layers[i] = layers[i] * (1 + 0.5 * double(i));
      source.value = at::stack(layers);
    }
    inputs.options.deep = DeepKind::kPrompts;
    return inputs;
  }
};

TEST_F(AttemptVariantsTest, StartAsThePlainForm) {
  const double plain = loss(inputs());
  const auto expect_plain = [&](const char* name, const MethodInputs& variant) {
    EXPECT_NEAR(loss(variant), plain, 1e-6 * plain) << name;
  };
  expect_plain("gains", inputs([](auto& o) { o.deep = DeepKind::kGains; }));
  expect_plain("mlp", inputs([](auto& o) { o.prompt_encoder = PromptEncoderKind::kMlp; }));
  expect_plain("lstm", inputs([](auto& o) { o.prompt_encoder = PromptEncoderKind::kLstm; }));
  expect_plain("tuned sources", inputs([](auto& o) { o.sources_trainable = true; }));
  expect_plain("cross_prompt", inputs([](auto& o) { o.attention = AttentionKind::kCrossPrompt; }));
  expect_plain("one task of several", inputs([](auto& o) { o.tasks = {"only"}; }));
}

TEST_F(AttemptVariantsTest, LearnedTemperatureStartsAtDTimesE) {
  const double d_times_e = static_cast<double>(t5->config.d_model) * std::exp(1.0);
  const double fixed = loss(inputs([&](auto& o) { o.temperature = d_times_e; }));
  EXPECT_NEAR(loss(inputs([](auto& o) { o.temperature_rule = TemperatureRule::kLearned; })), fixed,
              1e-6 * fixed);
}

TEST_F(AttemptVariantsTest, TokenAttentionOnOneRowIsThePlainForm) {
  const auto one_row = [&](AttentionKind kind) {
    MethodInputs one = inputs([&](auto& o) {
      o.prompt_length = 1;
      o.attention = kind;
    });
    for (SourcePrompt& source : one.sources) source.value = source.value.slice(0, 0, 1);
    return one;
  };
  const double plain = loss(one_row(AttentionKind::kSub));
  EXPECT_NEAR(loss(one_row(AttentionKind::kToken)), plain, 1e-6 * plain);
}

TEST_F(AttemptVariantsTest, DeepOnTheFirstLayerAloneIsThePlainForm) {
  MethodInputs first = deep(inputs());
  first.options.deep_layers = {0};
  const double plain = loss(inputs());
  EXPECT_NEAR(loss(first), plain, 1e-6 * plain);
  EXPECT_GT(std::abs(loss(deep(inputs())) - plain), 1e-4);
}

// compat = "authors": a pretrained LayerNorm is used in training, a fresh one in the test.
TEST_F(AttemptVariantsTest, APretrainedLayerNormMayBeFreshened) {
  const std::unique_ptr<Method> pretrained = make_method(inputs());
  disturb(*pretrained);
  const auto start = [&](bool has_norm) {
    MethodInputs from_g = inputs([](auto& o) { o.g_layer_norm_trained = false; });
    for (const NamedTensor& tensor : pretrained->saved_tensors()) {
      const bool is_norm = tensor.name.starts_with("G.ln_");
      if (tensor.name.starts_with("G.") && (has_norm || !is_norm))
        from_g.g_tensors.push_back(tensor);
    }
    return make_method(from_g);
  };
  const auto nll = [&](Method& method) { return method.predict(batch, 1).loss.nll.item<float>(); };
  const float fresh = nll(*start(false));
  const std::unique_ptr<Method> method = start(true);
  EXPECT_NE(nll(*method), fresh);

  method->freshen_layer_norm();

  EXPECT_EQ(nll(*method), fresh);
}

}  // namespace
}  // namespace attempt::model
