#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

class PromptMethodsGoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone(GetParam());
  Dropout none;

  double mean_loss_with_gradient(Method& method, const Batch& batch) {
    const LossSum loss = method.loss(batch, none);
    loss.nll.div(static_cast<double>(loss.tokens)).backward();
    return loss.nll.item<double>() / static_cast<double>(loss.tokens);
  }
};

TEST_P(PromptMethodsGoldenTest, PromptTuningEqualsPeft) {
  const GoldenFile golden = golden_tensors("methods/" + GetParam() + "/prompt_tuning");
  const nlohmann::json expected = golden_json("methods/methods")[GetParam()]["prompt_tuning"];
  MethodInputs inputs;
  inputs.options.method = "prompt_tuning";
  inputs.options.prompt_length = golden.shape("param.prompt")[0];
  inputs.options.init = PromptInit::kFile;
  inputs.init_prompt = golden.tensor("param.prompt");
  inputs.backbone = t5.get();
  const std::unique_ptr<Method> method = make_method(inputs);

  const Batch batch = golden_batch(golden_tensors("backbone/" + GetParam()), "main");
  const double loss64 = expected["loss64"];
  EXPECT_NEAR(mean_loss_with_gradient(*method, batch), loss64, kLossRtol * loss64);
  const at::Tensor gradient = golden.tensor("grad.prompt");
  EXPECT_LE(max_difference(method->parameters()[0].value.grad(), gradient),
            kGradientAtol * max_magnitude(gradient));
}

struct AttemptCase {
  std::string name;
  Pooling pooling = Pooling::kMasked;
  AttentionKind attention = AttentionKind::kSub;
  TargetUse target = TargetUse::kAddAndMix;
  bool has_one_source = false;
  bool is_multi_task = false;
};

TEST_P(PromptMethodsGoldenTest, AttemptEqualsTheFormulasInEveryVariant) {
  const GoldenFile golden = golden_tensors("attempt/" + GetParam());
  const nlohmann::json json = golden_json("attempt/attempt")[GetParam()];
  Batch batch = golden_batch(golden, "");

  for (const AttemptCase& variant : std::vector<AttemptCase>{
           {"masked"},
           {"padded", Pooling::kAll},
           {"masked_temperature_de"},
           {"uniform", Pooling::kMasked, AttentionKind::kConstant},
           {"no_target", Pooling::kMasked, AttentionKind::kSub, TargetUse::kNone},
           {"single_source", Pooling::kMasked, AttentionKind::kSub, TargetUse::kAddAndMix, true},
           {"token_level", Pooling::kMasked, AttentionKind::kToken},
           {"token_level_padded", Pooling::kAll, AttentionKind::kToken},
           {"token_level_no_target", Pooling::kMasked, AttentionKind::kToken, TargetUse::kNone},
           {.name = "multi_task", .is_multi_task = true},
           {.name = "multi_task_padded", .pooling = Pooling::kAll, .is_multi_task = true}}) {
    SCOPED_TRACE(variant.name);
    const nlohmann::json expected = json["cases"][variant.name];
    MethodInputs inputs;
    MethodOptions& options = inputs.options;
    options.method = "attempt";
    options.prompt_length = golden.shape("sources")[1];
    options.g_hidden = golden.shape("G.W_down")[0];
    options.attention = variant.attention;
    options.pooling = variant.pooling;
    options.target = variant.target;
    if (variant.name != "masked_temperature_de") {
      options.temperature_rule = TemperatureRule::kNumber;
      options.temperature = expected["temperature"];
    }
    options.start_source = "target";
    const at::Tensor sources = golden.tensor("sources");
    for (std::int64_t j = 0; j < (variant.has_one_source ? 1 : sources.size(0)); ++j) {
      options.mixed_sources.push_back("source" + std::to_string(j));
      inputs.sources.push_back({options.mixed_sources.back(), sources[j]});
    }
    inputs.sources.push_back({"target", golden.tensor("targets")[0]});
    if (variant.is_multi_task) {
      options.tasks = {"first", "second"};
      batch.task_ids = golden.tensor("task_ids");
    }
    inputs.backbone = t5.get();
    const std::unique_ptr<Method> method = make_method(inputs);
    std::vector<NamedTensor> values;
    for (const TrainedParameter& parameter : method->parameters()) {
      values.push_back({parameter.name, parameter.name == "prompt"
                                            ? golden.tensor("targets")[0]
                                            : golden.tensor(parameter.name)});
    }
    restore_parameters(*method, values);

    const double loss64 = expected["loss64"];
    EXPECT_NEAR(mean_loss_with_gradient(*method, batch), loss64, kLossRtol * loss64);
    EXPECT_LE(max_difference(method->attention(batch).weights,
                             golden.tensor(variant.name + ".attention64")),
              kAttentionAtol);
    for (const TrainedParameter& parameter : method->parameters()) {
      const bool is_prompt = parameter.name == "prompt";
      const bool is_of_g = parameter.name.starts_with("G.");
      const std::string tensor = is_of_g ? parameter.name.substr(2) : "targets";
      at::Tensor gradient = golden.tensor(variant.name + ".grad64." + tensor);
      if (is_prompt) gradient = gradient[0];
      EXPECT_LE(max_difference(parameter.value.grad(), gradient),
                kGradientAtol * max_magnitude(gradient))
          << parameter.name;
    }
  }
}

TEST_P(PromptMethodsGoldenTest, GradientsReachTheTrainedTensorsAndNothingElse) {
  std::map<std::string, at::Tensor> before;
  for (const auto& [name, tensor] : t5->tensors) before[name] = tensor.clone();
  const GoldenFile golden = golden_tensors("attempt/" + GetParam());
  MethodInputs inputs;
  inputs.options = {
      .method = "attempt", .prompt_length = golden.shape("sources")[1], .g_hidden = 4};
  inputs.options.mixed_sources = {"a", "b"};
  inputs.options.start_source = "a";
  inputs.sources = {{"a", golden.tensor("sources")[0]}, {"b", golden.tensor("sources")[1]}};
  inputs.backbone = t5.get();
  const std::unique_ptr<Method> method = make_method(inputs);
  mean_loss_with_gradient(*method, golden_batch(golden, ""));
  for (const TrainedParameter& parameter : method->parameters()) {
    EXPECT_TRUE(parameter.value.grad().defined()) << parameter.name;
  }
  for (const auto& [name, tensor] : t5->tensors) {
    EXPECT_FALSE(tensor.requires_grad()) << name;
    EXPECT_TRUE(tensor.equal(before[name])) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, PromptMethodsGoldenTest, ::testing::Values("t5_v1_0", "t5_v1_1"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace attempt::model
