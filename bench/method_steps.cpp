// Training steps of every method at T5-small's shape, timed against prompt tuning:
// method_steps [ROUNDS] [THREADS] [ROWS] [SOURCE_TOKENS] [NAME...]
// A round takes one step of each method in turn; the table has medians over the rounds, of wall
// time and of the process's CPU time. Weights are random: the time does not depend on them.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>

#include "model/method.h"
#include "model/shapes/method_shapes.h"
#include "model/t5.h"
#include "runner/train/adamw.h"
#include "runner/train/update_step.h"

using namespace attempt::model;
using namespace attempt::train;

namespace {

constexpr std::int64_t kSources = 6;
constexpr std::int64_t kTargetTokens = 3;

struct Candidate {
  std::string name;
  std::string method;
  std::function<void(MethodOptions&)> change;
};

std::vector<Candidate> candidates() {
  std::vector<Candidate> list;
  for (const char* id : {"prompt_tuning", "attempt", "fine_tuning", "bitfit", "adapter",
                         "adapter_drop", "lora", "ia3", "prefix_tuning", "p_tuning", "p_tuning_v2",
                         "attempt_m", "adapter_m", "hyperformer"}) {
    list.push_back({id, id, {}});
  }
  const auto add = [&](const char* variant, std::function<void(MethodOptions&)> change) {
    list.push_back({std::string("attempt:") + variant, "attempt", std::move(change)});
  };
  add("constant", [](auto& o) { o.attention = AttentionKind::kConstant; });
  add("linear", [](auto& o) { o.attention = AttentionKind::kLinear; });
  add("dot", [](auto& o) { o.attention = AttentionKind::kDot; });
  add("token", [](auto& o) { o.attention = AttentionKind::kToken; });
  add("cross_prompt", [](auto& o) { o.attention = AttentionKind::kCrossPrompt; });
  add("no_target", [](auto& o) { o.target = TargetUse::kNone; });
  add("learned_temperature", [](auto& o) { o.temperature_rule = TemperatureRule::kLearned; });
  add("tuned_sources", [](auto& o) { o.sources_trainable = true; });
  add("mlp", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kMlp; });
  add("lstm", [](auto& o) { o.prompt_encoder = PromptEncoderKind::kLstm; });
  add("deep", [](auto& o) { o.deep = DeepKind::kPrompts; });
  add("deep_per_layer_attention", [](auto& o) {
    o.deep = DeepKind::kPrompts;
    o.deep_attention = DeepAttention::kPerLayer;
  });
  add("deep_gains", [](auto& o) { o.deep = DeepKind::kGains; });
  return list;
}

T5 random_backbone() {
  T5Config config;
  config.vocab_size = 32128;
  config.d_model = 512;
  config.d_kv = 64;
  config.num_heads = 8;
  config.d_ff = 2048;
  config.num_layers = config.num_decoder_layers = 6;
  const at::Generator generator = at::detail::createCPUGenerator(1);
  TensorMap tensors;
  for (const TensorShape& shape : backbone_shapes(config)) {
    at::Tensor value = at::empty(shape.dims, at::kFloat);
    if (shape.dims.size() == 1) {
      value.fill_(1);
    } else {
      value.normal_(0, 1 / std::sqrt(static_cast<double>(shape.dims[1])), generator);
    }
    tensors[shape.name] = value;
  }
  return make_t5(config, std::move(tensors), Packing::kPacked);
}

MethodInputs inputs_of(const Candidate& candidate, const T5& t5) {
  MethodInputs inputs;
  inputs.backbone = &t5;
  MethodOptions& options = inputs.options;
  options.method = candidate.method;
  if (is_multi_task(candidate.method)) options.tasks = {"a", "b", "c", "d", "e", "f", "g", "h"};
  if (candidate.method == "p_tuning") options.prompt_encoder = PromptEncoderKind::kLstm;
  if (single_task_form(candidate.method) == "attempt") {
    for (std::int64_t j = 0; j < kSources; ++j)
      options.mixed_sources.push_back("source" + std::to_string(j));
    options.start_source = options.mixed_sources[0];
  }
  if (candidate.change) candidate.change(options);
  std::vector<std::int64_t> shape = {options.prompt_length, t5.config.d_model};
  if (options.deep == DeepKind::kPrompts) shape.insert(shape.begin(), t5.config.num_layers);
  const at::Generator generator = at::detail::createCPUGenerator(2);
  for (const std::string& name : options.mixed_sources)
    inputs.sources.push_back({name, at::empty(shape, at::kFloat).normal_(0, 1, generator)});
  return inputs;
}

Batch fixed_batch(std::int64_t rows, std::int64_t source_tokens) {
  const auto ids = [](std::int64_t count, std::int64_t columns, std::int64_t factor) {
    return (at::arange(count * columns, at::kLong) * factor)
        .remainder(30000)
        .add_(3)
        .view({count, columns});
  };
  Batch batch;
  batch.input_ids = ids(rows, source_tokens, 37);
  batch.attention_mask = at::ones({rows, source_tokens}, at::kBool);
  batch.labels = ids(rows, kTargetTokens, 53);
  batch.task_ids = at::arange(rows, at::kLong).remainder(8);
  return batch;
}

/// A method in training, with the times of its steps in seconds.
struct Runner {
  std::string name;
  std::unique_ptr<Method> method;
  std::unique_ptr<AdamW> optimizer;
  Dropout dropout{0.1, 1, at::kCPU};
  std::vector<double> wall, cpu;

  void step(const Batch& batch) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    update_step(*method, *optimizer, dropout, {&batch, 1}, {});
    cpu.push_back(static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
    wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[n / 2] + values[(n - 1) / 2]) / 2;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int index, std::int64_t fallback) {
    return argc > index ? std::atoll(argv[index]) : fallback;
  };
  const std::int64_t rounds = number(1, 11);
  at::set_num_threads(static_cast<int>(number(2, 2)));
  const Batch batch = fixed_batch(number(3, 8), number(4, 128));
  const std::vector<std::string> wanted(argv + std::min(argc, 5), argv + argc);
  const T5 t5 = random_backbone();
  std::vector<Runner> runners;
  for (const Candidate& candidate : candidates()) {
    const bool is_wanted = wanted.empty() || candidate.name == "prompt_tuning" ||
                           std::find(wanted.begin(), wanted.end(), candidate.name) != wanted.end();
    if (!is_wanted) continue;
    Runner runner;
    runner.name = candidate.name;
    runner.method = make_method(inputs_of(candidate, t5));
    std::vector<OptimizedParameter> optimized;
    for (const TrainedParameter& parameter : runner.method->parameters())
      optimized.push_back({parameter.name, parameter.value, 1e-4});
    runner.optimizer = std::make_unique<AdamW>(std::move(optimized), AdamWOptions{});
    runner.step(batch);  // warm-up
    runner.wall.clear();
    runner.cpu.clear();
    runners.push_back(std::move(runner));
  }
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (Runner& runner : runners) runner.step(batch);
  }
  const double base = median(runners[0].wall), base_cpu = median(runners[0].cpu);
  std::printf("| method | ms a step | against prompt tuning | of CPU time |\n|---|---|---|---|\n");
  for (const Runner& runner : runners) {
    const double wall = median(runner.wall);
    std::printf("| `%s` | %.0f | %.2f | %.2f |\n", runner.name.c_str(), 1e3 * wall, wall / base,
                median(runner.cpu) / base_cpu);
  }
}
