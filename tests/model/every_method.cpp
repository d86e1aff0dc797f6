#include "tests/model/every_method.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <functional>
#include <stdexcept>

#include "model/shapes/method_shapes.h"

namespace attempt::test {

namespace {

using namespace model;

using Change = std::function<void(MethodOptions&)>;

struct Variant {
  const char* name;
  Change change;
};

constexpr std::int64_t kRows = 5;

at::Tensor drawn(std::vector<std::int64_t> shape, std::uint64_t seed) {
  return at::empty(shape, at::kFloat).normal_(0, 1, at::detail::createCPUGenerator(seed));
}

const std::vector<Variant>& attempt_variants() {
  static const std::vector<Variant> variants = {
      {"linear", [](auto& o) { o.attention = AttentionKind::kLinear; }},
      {"dot", [](auto& o) { o.attention = AttentionKind::kDot; }},
      {"constant", [](auto& o) { o.attention = AttentionKind::kConstant; }},
      {"token", [](auto& o) { o.attention = AttentionKind::kToken; }},
      {"cross_prompt", [](auto& o) { o.attention = AttentionKind::kCrossPrompt; }},
      {"mix_only", [](auto& o) { o.target = TargetUse::kMixOnly; }},
      {"add_only", [](auto& o) { o.target = TargetUse::kAddOnly; }},
      {"no_target", [](auto& o) { o.target = TargetUse::kNone; }},
      {"pooling_all", [](auto& o) { o.pooling = Pooling::kAll; }},
      {"paper_temperature", [](auto& o) { o.temperature_rule = TemperatureRule::kPaper; }},
      {"learned_temperature", [](auto& o) { o.temperature_rule = TemperatureRule::kLearned; }},
      {"frozen_g", [](auto& o) { o.g_trainable = false; }},
      {"authors", [](auto& o) { o.g_layer_norm_trained = false; }},
      {"tuned_sources", [](auto& o) { o.sources_trainable = true; }},
      {"mlp", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kMlp; }},
      {"lstm", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kLstm; }},
      {"deep_gains", [](auto& o) { o.deep = DeepKind::kGains; }},
      {"deep", [](auto& o) { o.deep = DeepKind::kPrompts; }},
      {"deep_add",
       [](auto& o) {
         o.deep = DeepKind::kPrompts;
         o.deep_mode = DeepMode::kAdd;
       }},
      {"deep_per_layer_attention",
       [](auto& o) {
         o.deep = DeepKind::kPrompts;
         o.deep_attention = DeepAttention::kPerLayer;
       }},
      {"deep_tuned_sources", [](auto& o) {
         o.deep = DeepKind::kPrompts;
         o.sources_trainable = true;
       }}};
  return variants;
}

std::vector<Variant> variants_of(const std::string& base) {
  const auto peft = [](MethodOptions& o) {
    o.prefix_layout = PrefixLayout::kPeft;
    o.reparametrise = false;
  };
  if (base == "attempt") return attempt_variants();
  if (base == "bitfit") {
    return {{"no_head", [](auto& o) { o.head_bias = false; }},
            {"norm_scales", [](auto& o) { o.norm_scales_only = true; }}};
  }
  if (base == "lora") {
    return {{"every_map", [](auto& o) { o.lora_targets = {"q", "k", "v", "o", "wi", "wo"}; }},
            {"dropout", [](auto& o) { o.lora_dropout = 0.5; }}};
  }
  if (base == "prompt_tuning") {
    return {{"deep", [](auto& o) { o.is_deep = true; }},
            {"suffix", [](auto& o) { o.placement = PromptPlacement::kSuffix; }},
            {"mlp", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kMlp; }},
            {"lstm", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kLstm; }}};
  }
  if (base == "p_tuning") {
    return {{"mlp", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kMlp; }},
            {"between", [](auto& o) {
               o.placement = PromptPlacement::kBetween;
               o.placement_rows = {2, 2, 1};
             }}};
  }
  if (base == "prefix_tuning") {
    return {{"direct", [](auto& o) { o.reparametrise = false; }},
            {"encoder_only", [](auto& o) { o.prefix_sites = {"encoder"}; }},
            {"no_bias", [](auto& o) { o.prefix_bias_is_zero = true; }},
            {"peft", peft},
            {"peft_projection", [](auto& o) { o.prefix_layout = PrefixLayout::kPeft; }}};
  }
  return {};
}

MethodInputs inputs_of(const T5& t5, const std::string& id, const Change& change) {
  const std::string base = single_task_form(id);
  MethodInputs inputs;
  inputs.backbone = &t5;
  inputs.init_seed = 3;
  MethodOptions& options = inputs.options;
  options.method = id;
  options.prompt_length = kRows;
  options.prefix_length = 3;
  options.prefix_hidden = 7;
  options.prefix_dropout = base == "p_tuning_v2" ? 0.1 : 0;
  options.adapter_reduction = 4;
  if (is_multi_task(id)) options.tasks = {"a", "b"};
  if (base == "p_tuning") options.prompt_encoder = PromptEncoderKind::kLstm;
  if (base == "attempt") {
    options.g_hidden = 6;
    options.temperature_rule = TemperatureRule::kNumber;
    options.temperature = 4;
    options.mixed_sources = {"first", "second"};
    options.start_source = "second";
  }
  if (base == "spot") options.start_source = "first";
  if (change) change(options);
  std::vector<std::int64_t> shape = {kRows, t5.config.d_model};
  if (options.deep == DeepKind::kPrompts) shape.insert(shape.begin(), t5.config.num_layers);
  inputs.sources = {{"first", drawn(shape, 1)}, {"second", drawn(shape, 2)}};
  inputs.label_ids = {{20}, {21, 22}, {23}};
  inputs.second_field_ids.assign(is_multi_task(id) ? 2 : 1, {77, 114});  // in small_batch()
  return inputs;
}

}  // namespace

std::vector<MethodCase> every_method(const T5& t5) {
  std::vector<MethodCase> cases;
  for (const std::string& id : method_ids()) {
    cases.push_back({id, inputs_of(t5, id, {})});
    for (const Variant& variant : variants_of(single_task_form(id)))
      cases.push_back({id + ":" + variant.name, inputs_of(t5, id, variant.change)});
  }
  cases.push_back({"p_tuning_v2:linear_head", inputs_of(t5, "p_tuning_v2", [](auto& o) {
                     o.head = PredictionHead::kLinear;
                     o.classes = 3;
                   })});
  return cases;
}

MethodInputs inputs_of_case(const T5& t5, const std::string& name) {
  for (const MethodCase& method_case : every_method(t5)) {
    if (method_case.name == name) return method_case.inputs;
  }
  throw std::logic_error("there is no case '" + name + "'");
}

Batch small_batch() {
  Batch batch;
  batch.input_ids = (at::arange(4 * 7, at::kLong) * 37).remainder(900).add(3).view({4, 7});
  batch.attention_mask = at::ones({4, 7}, at::kBool);
  batch.attention_mask[1].slice(0, 4).fill_(false);
  batch.attention_mask[3].slice(0, 6).fill_(false);
  batch.input_ids.masked_fill_(batch.attention_mask.logical_not(), 0);
  batch.labels =
      at::tensor({20, 1, -100, 21, 22, 1, 20, 1, -100, 23, 1, -100}, at::kLong).view({4, 3});
  batch.task_ids = at::tensor({0, 1, 0, 1}, at::kLong);
  return batch;
}

void disturb(Method& method) {
  const c10::NoGradGuard guard;
  std::uint64_t seed = 100;
  for (const TrainedParameter& parameter : method.parameters()) {
    at::Tensor value = parameter.value;
    value.add_(drawn(value.sizes().vec(), ++seed), 0.1);
  }
}

}  // namespace attempt::test
