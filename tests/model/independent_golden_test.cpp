#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "model/method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

/// A case of tests/goldens/independent and the options that make our method the same.
struct IndependentCase {
  std::string golden;
  std::string method;
  std::function<void(MethodOptions&)> change = [](MethodOptions&) {};
};

void with_deep_prompts(MethodOptions& options) { options.deep = DeepKind::kPrompts; }

void with_target_mlp(MethodOptions& options) {
  options.prompt_encoder = PromptEncoderKind::kMlp;
  options.encoder_hidden = 8;
}

void with_target_lstm(MethodOptions& options) {
  options.prompt_encoder = PromptEncoderKind::kLstm;
  options.encoder_hidden = 8;
}

void without_network(MethodOptions& options) { options.reparametrise = false; }

std::vector<IndependentCase> block_cases() {
  return {{"prefix_tuning_mlp", "prefix_tuning"},
          {"prefix_tuning_direct", "prefix_tuning", without_network},
          {"prefix_tuning_encoder", "prefix_tuning",
           [](auto& o) {
             without_network(o);
             o.prefix_sites = {"encoder"};
           }},
          {"prefix_tuning_zero_bias", "prefix_tuning",
           [](auto& o) {
             without_network(o);
             o.prefix_bias_is_zero = true;
           }},
          {"p_tuning_v2_text", "p_tuning_v2"},
          {"p_tuning_v2_linear", "p_tuning_v2",
           [](auto& o) {
             o.head = PredictionHead::kLinear;
             o.classes = 3;
           }},
          {"adapter_m", "adapter_m"},
          {"hyperformer", "hyperformer"},
          {"prompt_tuning_deep", "prompt_tuning", [](auto& o) { o.is_deep = true; }},
          {"prompt_tuning_mlp", "prompt_tuning", with_target_mlp},
          {"adapter_drop", "adapter_drop"},
          {"bitfit_norm_scales", "bitfit", [](auto& o) { o.norm_scales_only = true; }},
          {"bitfit_blocks", "bitfit", [](auto& o) { o.head_bias = false; }}};
}

std::vector<IndependentCase> attempt_cases() {
  const auto attention = [](AttentionKind kind) {
    return [kind](MethodOptions& options) { options.attention = kind; };
  };
  const auto target = [](TargetUse use) {
    return [use](MethodOptions& options) { options.target = use; };
  };
  const auto deep = [](const std::function<void(MethodOptions&)>& change) {
    return [change](MethodOptions& options) {
      with_deep_prompts(options);
      change(options);
    };
  };
  const auto tuned = [](MethodOptions& options) { options.sources_trainable = true; };
  return {
      {"attempt_linear", "attempt", attention(AttentionKind::kLinear)},
      {"attempt_dot", "attempt", attention(AttentionKind::kDot)},
      {"attempt_cross_prompt", "attempt", attention(AttentionKind::kCrossPrompt)},
      {"attempt_cross_prompt_multi_task", "attempt", attention(AttentionKind::kCrossPrompt)},
      {"attempt_learned_temperature", "attempt",
       [](auto& o) { o.temperature_rule = TemperatureRule::kLearned; }},
      {"attempt_token_multi_task", "attempt",
       [](auto& o) {
         o.attention = AttentionKind::kToken;
         o.temperature_rule = TemperatureRule::kNumber;
         o.temperature = 7.5;
       }},
      {"attempt_mix_only", "attempt", target(TargetUse::kMixOnly)},
      {"attempt_add_only", "attempt", target(TargetUse::kAddOnly)},
      {"attempt_exclude_own", "attempt",
       [](auto& o) {
         o.tasks = {"source0", "source1"};
         o.g_exclude_own = true;
       }},
      {"attempt_tuned_sources", "attempt", tuned},
      {"attempt_tuned_sources_multi_task", "attempt", tuned},
      {"attempt_deep_replace", "attempt", with_deep_prompts},
      {"attempt_deep_add", "attempt", deep([](auto& o) { o.deep_mode = DeepMode::kAdd; })},
      {"attempt_deep_per_layer", "attempt",
       deep([](auto& o) { o.deep_attention = DeepAttention::kPerLayer; })},
      {"attempt_deep_layers", "attempt", deep([](auto& o) {
         o.deep_layers = {0, 2};
       })},
      {"attempt_deep_multi_task", "attempt",
       deep([](auto& o) { o.deep_attention = DeepAttention::kPerLayer; })},
      {"attempt_deep_tuned_sources", "attempt", deep(tuned)},
      {"attempt_gains", "attempt", [](auto& o) { o.deep = DeepKind::kGains; }},
      {"attempt_target_mlp", "attempt", with_target_mlp},
      {"attempt_target_mlp_multi_task", "attempt", with_target_mlp},
      {"attempt_target_lstm", "attempt", with_target_lstm},
      {"attempt_target_lstm_token", "attempt",
       [](auto& o) {
         with_target_lstm(o);
         o.attention = AttentionKind::kToken;
       }},
  };
}

constexpr std::int64_t kFirstLabel = 5;

class IndependentGoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone(GetParam());
  const nlohmann::json json = golden_json("independent/independent")[GetParam()];

  GoldenFile file(const std::string& golden) const {
    return golden_tensors("independent/" + GetParam() + "/" + golden);
  }

  Batch batch(const GoldenFile& golden) const {
    Batch batch = golden_batch(golden_tensors("backbone/" + GetParam()), "main");
    if (golden.contains("task_ids")) batch.task_ids = golden.tensor("task_ids");
    if (golden.contains("classes")) {  // the label text of class c is the id kFirstLabel + c
      const at::Tensor classes = golden.tensor("classes");
      batch.labels = at::stack({classes + kFirstLabel, at::ones_like(classes)}, 1);
    }
    return batch;
  }

  /// The sizes that all cases share, the sources of the file, then what the case changes.
  std::unique_ptr<Method> make(const IndependentCase& of, const GoldenFile& golden) const {
    MethodInputs inputs;
    MethodOptions& options = inputs.options;
    options.method = of.method;
    options.prompt_length = 5;
    options.g_hidden = 7;
    options.prefix_length = 4;
    options.prefix_hidden = 6;
    options.adapter_reduction = t5->config.d_model / 4;
    if (golden.contains("task_ids")) options.tasks = {"a", "b"};
    const char* sources = golden.contains("sources") ? "sources" : "param.sources";
    if (golden.contains(sources)) {
      const at::Tensor values = golden.tensor(sources);
      for (std::int64_t j = 0; j < values.size(0); ++j) {
        options.mixed_sources.push_back("source" + std::to_string(j));
        inputs.sources.push_back({options.mixed_sources.back(), values[j]});
      }
      options.start_source = options.mixed_sources.front();
    }
    of.change(options);
    inputs.label_ids = {{kFirstLabel}, {kFirstLabel + 1}, {kFirstLabel + 2}};
    inputs.backbone = t5.get();
    inputs.init_seed = 3;
    std::unique_ptr<Method> method = make_method(inputs);
    std::vector<NamedTensor> values;
    for (const std::string& name : golden.names()) {
      if (name.starts_with("param.")) values.push_back({name.substr(6), golden.tensor(name)});
    }
    restore_parameters(*method, values);
    return method;
  }

  static void expect_gradient(const TrainedParameter& parameter, const GoldenFile& golden) {
    ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
    at::Tensor gradient = parameter.value.grad();
    std::string name = "grad." + parameter.name;
    if (!golden.contains(name)) {
      name = "grad_every_8th_row." + parameter.name;
      gradient = gradient.slice(0, 0, std::nullopt, 8);
    }
    const at::Tensor expected = golden.tensor(name);
    // A bias on keys shifts all scores of a query alike: its gradient is rounding around zero.
    EXPECT_LE(max_difference(gradient, expected),
              kGradientAtol * std::max(max_magnitude(expected), 1e-3))
        << parameter.name;
  }

  void expect_equal(const IndependentCase& of) const {
    SCOPED_TRACE(of.golden);
    const GoldenFile golden = file(of.golden);
    const std::unique_ptr<Method> method = make(of, golden);
    Dropout none;
    const LossSum loss = method->loss(batch(golden), none);
    const auto tokens = static_cast<double>(loss.tokens);
    const double loss64 = json[of.golden]["loss64"];
    EXPECT_NEAR(loss.nll.item<double>() / tokens, loss64, kLossRtol * loss64);
    loss.nll.div(tokens).backward();
    std::int64_t count = 0;
    for (const TrainedParameter& parameter : method->parameters()) {
      expect_gradient(parameter, golden);
      count += parameter.value.numel();
    }
    EXPECT_EQ(count, json[of.golden]["trained_parameters"]);
  }
};

// Losses and gradients of transformers' T5 with the methods written from their formulas, parameters
// random; tests/goldens/README.md.
TEST_P(IndependentGoldenTest, MethodsInsideBlocksEqualTheFormulas) {
  for (const IndependentCase& of : block_cases()) expect_equal(of);
}

TEST_P(IndependentGoldenTest, AttemptEqualsTheFormulas) {
  for (const IndependentCase& of : attempt_cases()) expect_equal(of);
}

INSTANTIATE_TEST_SUITE_P(Kinds, IndependentGoldenTest, ::testing::Values("t5_v1_0", "t5_v1_1"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace attempt::model
