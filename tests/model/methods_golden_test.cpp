#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "model/method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

struct GoldenMethod {
  std::string golden;
  MethodOptions options;
  /// Names of the reference's modules -> ours.
  std::vector<std::pair<std::string, std::string>> names;
};

/// The settings of the reference values; tests/goldens/README.md.
std::vector<GoldenMethod> golden_methods() {
  const auto options = [](const char* method) {
    MethodOptions of_method;
    of_method.method = method;
    return of_method;
  };
  MethodOptions lora = options("lora");
  lora.lora_alpha = 16;
  MethodOptions adapter = options("adapter");
  MethodOptions prefix = options("prefix_tuning");
  prefix.prefix_length = 4;
  prefix.prefix_layout = PrefixLayout::kPeft;
  prefix.reparametrise = false;
  MethodOptions projection = prefix;
  projection.reparametrise = true;
  projection.prefix_hidden = 14;
  MethodOptions lstm = options("p_tuning");
  lstm.prompt_length = 5;
  lstm.prompt_encoder = PromptEncoderKind::kLstm;
  lstm.encoder_hidden = 12;
  MethodOptions mlp = lstm;
  mlp.prompt_encoder = PromptEncoderKind::kMlp;
  const std::vector<std::pair<std::string, std::string>> encoder_names = {
      {"embedding.weight", "encoder.embedding"},
      {"lstm_head", "encoder.lstm"},
      {"mlp_head", "encoder.mlp"}};
  return {{"lora", lora, {}},
          {"ia3", options("ia3"), {}},
          {"bitfit", options("bitfit"), {}},
          {"adapter", adapter, {}},
          {"prefix_tuning", prefix, {{"embedding.weight", "prefix.peft"}}},
          {"prefix_tuning_projection",
           projection,
           {{"embedding.weight", "prefix.peft.E"},
            {"transform.0.weight", "prefix.peft.W1"},
            {"transform.0.bias", "prefix.peft.b1"},
            {"transform.2.weight", "prefix.peft.W2"},
            {"transform.2.bias", "prefix.peft.b2"}}},
          {"p_tuning_lstm_sub1", lstm, encoder_names},
          {"p_tuning_mlp_sub1", mlp, encoder_names}};
}

std::string renamed(std::string name, const GoldenMethod& golden) {
  for (const auto& [theirs, ours] : golden.names) {
    if (name.starts_with(theirs)) return ours + name.substr(theirs.size());
  }
  return name;
}

class MethodsGoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone(GetParam());
  const Batch batch = golden_batch(golden_tensors("backbone/" + GetParam()), "main");
  Dropout none;

  std::unique_ptr<Method> make(const MethodOptions& options) {
    MethodInputs inputs;
    inputs.options = options;
    inputs.options.adapter_reduction = t5->config.d_model / 4;  // the references' bottleneck is 4
    inputs.backbone = t5.get();
    inputs.init_seed = 3;
    return make_method(inputs);
  }

  double mean_loss(Method& method) {
    const LossSum loss = method.loss(batch, none);
    return loss.nll.item<double>() / static_cast<double>(loss.tokens);
  }

  /// Every value that the golden file gives under a prefix, by our names.
  static std::map<std::string, at::Tensor> values(const GoldenFile& file, const std::string& prefix,
                                                  const GoldenMethod& golden) {
    std::map<std::string, at::Tensor> values;
    for (const std::string& name : file.names()) {
      if (name.starts_with(prefix))
        values[renamed(name.substr(prefix.size()), golden)] = file.tensor(name);
    }
    return values;
  }
};

// Losses and gradients of PEFT (LoRA, IA3, prefix tuning, P-Tuning) and of transformers with the
// modules of the published code (BitFit, Adapter), parameters random.
TEST_P(MethodsGoldenTest, LossAndGradientsEqualTheReference) {
  for (const GoldenMethod& golden : golden_methods()) {
    SCOPED_TRACE(golden.golden);
    const GoldenFile file = golden_tensors("methods/" + GetParam() + "/" + golden.golden);
    const nlohmann::json expected = golden_json("methods/methods")[GetParam()][golden.golden];
    const std::unique_ptr<Method> method = make(golden.options);
    std::map<std::string, at::Tensor> parameters = values(file, "param.", golden);
    std::vector<NamedTensor> named;
    for (const TrainedParameter& parameter : method->parameters()) {
      if (!parameters.contains(parameter.name)) parameters[parameter.name] = parameter.value;
    }
    for (const auto& [name, value] : parameters) named.push_back({name, value});
    restore_parameters(*method, named);

    const LossSum loss = method->loss(batch, none);
    const double loss64 = expected["loss64"];
    EXPECT_NEAR(loss.nll.item<double>() / static_cast<double>(loss.tokens), loss64,
                kLossRtol * loss64);
    loss.nll.div(static_cast<double>(loss.tokens)).backward();
    const auto gradients = values(file, "grad.", golden);
    int compared = 0;
    for (const TrainedParameter& parameter : method->parameters()) {
      const auto gradient = gradients.find(parameter.name);
      ASSERT_NE(gradient, gradients.end()) << parameter.name;
      ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
      // A bias on keys shifts all scores of a query alike: its gradient is rounding around zero.
      EXPECT_LE(max_difference(parameter.value.grad(), gradient->second),
                kGradientAtol * std::max(max_magnitude(gradient->second), 1e-3))
          << parameter.name;
      ++compared;
    }
    EXPECT_EQ(compared, static_cast<int>(gradients.size()));
    std::int64_t count = 0;
    for (const TrainedParameter& parameter : method->parameters()) count += parameter.value.numel();
    EXPECT_EQ(count, expected["trained_parameters"]);
  }
}

// At their start these methods change nothing: the loss is that of the plain backbone.
TEST_P(MethodsGoldenTest, BitFitLoraIa3StartAsTheBackbone) {
  MethodOptions frozen;
  frozen.method = "frozen";
  const double plain = mean_loss(*make(frozen));
  for (const char* id : {"bitfit", "lora", "ia3"}) {
    MethodOptions options;
    options.method = id;
    EXPECT_NEAR(mean_loss(*make(options)), plain, 1e-6 * plain) << id;
  }
  MethodOptions scales;
  scales.method = "bitfit";
  scales.norm_scales_only = true;
  EXPECT_NEAR(mean_loss(*make(scales)), plain, 1e-6 * plain);
  const nlohmann::json bitfit = golden_json("methods/methods")[GetParam()]["bitfit"];
  EXPECT_NEAR(plain, bitfit["loss_at_zero"], kLossRtol * plain);
}

INSTANTIATE_TEST_SUITE_P(Kinds, MethodsGoldenTest, ::testing::Values("t5_v1_0", "t5_v1_1"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace attempt::model
