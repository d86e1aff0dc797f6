#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/optim/adamw.h>

#include <functional>
#include <map>
#include <ostream>

#include "model/method.h"
#include "model/t5.h"
#include "tests/support/test_support.h"

namespace attempt::model {
namespace {

constexpr std::int64_t kExamples = 64;
constexpr int kMostSteps = 200;
constexpr int kStepsBetweenChecks = 20;
constexpr std::int64_t kFirstLabel = 20, kSecondLabel = 30;  // ids of the label texts

struct TrainedMethod {
  std::string name;
  MethodOptions options;

  friend void PrintTo(const TrainedMethod& method, std::ostream* out) { *out << method.name; }
};

using Change = std::function<void(MethodOptions&)>;

MethodOptions changed(const std::string& method, const Change& change) {
  MethodOptions options;
  options.method = method;
  options.prompt_length = 10;
  options.prefix_length = 5;
  options.prefix_hidden = 32;
  if (change) change(options);
  return options;
}

std::vector<TrainedMethod> block_methods() {
  const auto of = [](const std::string& method, const std::string& form = "",
                     const Change& change = {}) {
    return TrainedMethod{form.empty() ? method : method + ":" + form, changed(method, change)};
  };
  return {of("fine_tuning"),
          of("bitfit"),
          of("bitfit", "norm_scales", [](auto& o) { o.norm_scales_only = true; }),
          of("adapter"),
          of("adapter_drop"),
          of("lora"),
          of("ia3"),
          of("adapter_m", "",
             [](auto& o) {
               o.tasks = {"a", "b"};
             }),
          of("hyperformer", "",
             [](auto& o) {
               o.tasks = {"a", "b"};
             }),
          of("p_tuning_v2", "linear",
             [](auto& o) {
               o.head = PredictionHead::kLinear;
               o.classes = 2;
             }),
          of("prefix_tuning"),
          of("prefix_tuning", "direct", [](auto& o) { o.reparametrise = false; }),
          of("p_tuning_v2"),
          of("p_tuning_v2", "encoder", [](auto& o) { o.prefix_sites = {"encoder"}; })};
}

std::vector<TrainedMethod> prompt_methods() {
  const auto encoder = [](PromptEncoderKind kind) {
    return [kind](MethodOptions& o) { o.prompt_encoder = kind; };
  };
  const auto mlp = encoder(PromptEncoderKind::kMlp), lstm = encoder(PromptEncoderKind::kLstm);
  return {{"prompt_tuning", changed("prompt_tuning", {})},
          {"prompt_tuning:deep", changed("prompt_tuning", [](auto& o) { o.is_deep = true; })},
          {"prompt_tuning:mlp", changed("prompt_tuning", mlp)},
          {"spot", changed("spot", [](auto& o) { o.start_source = "source0"; })},
          {"p_tuning:lstm", changed("p_tuning", lstm)},
          {"p_tuning:mlp", changed("p_tuning", mlp)}};
}

std::vector<TrainedMethod> attempt_methods() {
  const auto of = [](const std::string& form, const Change& change) {
    MethodOptions options = changed("attempt", {});
    options.mixed_sources = {"source0", "source1", "source2"};
    options.start_source = "source0";
    change(options);
    return TrainedMethod{"attempt:" + form, options};
  };
  const auto attention = [&](const std::string& form, AttentionKind kind) {
    return of(form, [kind](auto& o) { o.attention = kind; });
  };
  return {attention("sub", AttentionKind::kSub), attention("linear", AttentionKind::kLinear),
          attention("dot", AttentionKind::kDot), attention("constant", AttentionKind::kConstant),
          attention("token", AttentionKind::kToken),
          attention("cross_prompt", AttentionKind::kCrossPrompt),
          of("mix_only", [](auto& o) { o.target = TargetUse::kMixOnly; }),
          of("add_only", [](auto& o) { o.target = TargetUse::kAddOnly; }),
          of("tuned_sources", [](auto& o) { o.sources_trainable = true; }),
          // Frozen sources and no target could only be weighted, which suits no given task.
          of("no_target_tuned_sources",
             [](auto& o) {
               o.target = TargetUse::kNone;
               o.sources_trainable = true;
             }),
          of("learned", [](auto& o) { o.temperature_rule = TemperatureRule::kLearned; }),
          of("deep", [](auto& o) { o.deep = DeepKind::kPrompts; }),
          of("gains", [](auto& o) { o.deep = DeepKind::kGains; }),
          of("mlp", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kMlp; }),
          of("lstm", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kLstm; }),
          of("tasks", [](auto& o) {
            o.tasks = {"a", "b"};
          })};
}

/// The method that a trial file is loaded into: encoders are folded away.
MethodOptions folded(MethodOptions options) {
  if (options.method == "p_tuning") options.method = "prompt_tuning";
  options.prompt_encoder = PromptEncoderKind::kNone;
  options.reparametrise = false;
  return options;
}

class TrainingAccuracyTest : public ::testing::TestWithParam<TrainedMethod> {
 protected:
  const std::unique_ptr<T5> t5 = load_t5({.folder = test::source_folder() / "demo/backbone"});
  const Batch batch = two_classes();
  Dropout none;

  /// Rows of random ids that start with one of two words; labels are two other words.
  static Batch two_classes() {
    at::Generator random = at::detail::createCPUGenerator(1);
    const at::Tensor classes = at::arange(kExamples, at::kLong).remainder(2);
    const auto one_of = [&](std::int64_t first, std::int64_t second) {
      return at::where(classes == 0, at::full_like(classes, first), at::full_like(classes, second));
    };
    Batch batch;
    batch.input_ids = at::randint(100, 500, {kExamples, 8}, random, at::kLong);
    batch.input_ids.select(1, 0).copy_(one_of(40, 70));
    batch.attention_mask = at::ones({kExamples, 8}, at::kBool);
    batch.labels = at::stack({one_of(kFirstLabel, kSecondLabel), at::ones_like(classes)}, 1);
    batch.task_ids = at::arange(kExamples, at::kLong).floor_divide(2).remainder(2);
    return batch;
  }

  /// Source prompts: rows of the embedding matrix, one prompt a layer where prompts are deep.
  MethodInputs inputs(const MethodOptions& options, std::uint64_t seed) const {
    MethodInputs inputs;
    inputs.options = options;
    inputs.backbone = t5.get();
    inputs.init_seed = seed;
    inputs.label_ids = {{kFirstLabel}, {kSecondLabel}};
    const std::int64_t layers = options.deep == DeepKind::kPrompts ? t5->config.num_layers : 1;
    for (std::int64_t j = 0; j < 3; ++j) {
      const std::int64_t rows = layers * options.prompt_length;
      at::Tensor value = t5->tensors.at("shared.weight").slice(0, 100 + j * rows).slice(0, 0, rows);
      if (options.deep == DeepKind::kPrompts)
        value = value.view({layers, options.prompt_length, t5->config.d_model});
      inputs.sources.push_back({"source" + std::to_string(j), value.clone()});
    }
    return inputs;
  }

  /// Share of rows whose generated text is the label.
  double accuracy(Method& method) const {
    const at::Tensor tokens = method.predict(batch, 2).tokens;
    if (tokens.size(1) < 2) return 0;
    return (tokens == batch.labels).all(1).to(at::kDouble).mean().item<double>();
  }

  /// Prompts at 0.3, everything else at 0.01, as far as it takes.
  double train(Method& method) {
    std::vector<at::Tensor> prompts, others;
    for (const TrainedParameter& parameter : method.parameters()) {
      const std::string& name = parameter.name;
      const bool is_prompt = name.starts_with("prompt") || name.starts_with("targets") ||
                             name == "sources" || name == "encoder.embedding";
      (is_prompt ? prompts : others).push_back(parameter.value);
    }
    std::vector<torch::optim::OptimizerParamGroup> groups;
    const auto add = [&](const std::vector<at::Tensor>& values, double rate) {
      if (values.empty()) return;
      groups.emplace_back(values, std::make_unique<torch::optim::AdamWOptions>(rate));
    };
    add(prompts, 0.3);
    add(others, 0.01);
    torch::optim::AdamW optimizer(groups, torch::optim::AdamWOptions(0.01));
    for (int step = 1; step <= kMostSteps; ++step) {
      optimizer.zero_grad();
      const LossSum loss = method.loss(batch, none);
      loss.nll.div(static_cast<double>(loss.tokens)).backward();
      optimizer.step();
      if (step % kStepsBetweenChecks == 0 && accuracy(method) >= 0.95) break;
    }
    return accuracy(method);
  }
};

// methods.md section 10: every method learns 64 examples, leaves the backbone as it was bit by bit,
// and what it saves gives the same numbers when loaded into a method that started elsewhere.
TEST_P(TrainingAccuracyTest, LearnsAndLoadsBackAndLeavesTheBackbone) {
  std::map<std::string, at::Tensor> before;
  for (const auto& [name, tensor] : t5->tensors) before[name] = tensor.clone();
  const std::unique_ptr<Method> method = make_method(inputs(GetParam().options, 1));
  EXPECT_LT(accuracy(*method), 0.95);
  EXPECT_GE(train(*method), 0.95);
  for (const auto& [name, tensor] : t5->tensors) EXPECT_TRUE(tensor.equal(before[name])) << name;

  const std::unique_ptr<Method> loaded = make_method(inputs(folded(GetParam().options), 2));
  restore_parameters(*loaded, method->saved_tensors());
  const Prediction expected = method->predict(batch, 3), found = loaded->predict(batch, 3);
  EXPECT_TRUE(found.tokens.equal(expected.tokens));
  EXPECT_EQ(found.loss.nll.item<float>(), expected.loss.nll.item<float>());
}

std::string test_name(const ::testing::TestParamInfo<TrainedMethod>& instance) {
  std::string name = instance.param.name;
  for (char& letter : name) {
    if (letter == ':') letter = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(InBlocks, TrainingAccuracyTest, ::testing::ValuesIn(block_methods()),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Prompts, TrainingAccuracyTest, ::testing::ValuesIn(prompt_methods()),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Attempt, TrainingAccuracyTest, ::testing::ValuesIn(attempt_methods()),
                         test_name);

}  // namespace
}  // namespace attempt::model
