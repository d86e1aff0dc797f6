// How far the precisions part: numbers [STEPS]
// T5-small's shape with random weights, 60 training steps (batch 8, 64 source and 4 target tokens,
// prompt 20, AdamW) of each method: float32 on the CPU, float32 and bfloat16 on the GPU, with equal
// weights, batches and dropout masks. Prints a row a method as Markdown: largest relative
// difference of a loss from the CPU's among the first 10 steps and among all, and of what training
// changed in the parameters, |change - change on the CPU| / |change on the CPU|.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/gpu/setup.h"
#include "model/shapes/method_shapes.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/trainer_device.h"
#include "runner/train/update_step.h"

using namespace attempt;
using namespace attempt::train;

namespace {

constexpr std::int64_t kRows = 8, kSourceTokens = 64, kTargetTokens = 4, kPrompt = 20;
constexpr std::size_t kFirst = 10;

model::T5 backbone(const at::Device& device, at::ScalarType type) {
  model::T5Config config;
  config.vocab_size = 32128;
  config.d_model = 512;
  config.d_kv = 64;
  config.num_heads = 8;
  config.d_ff = 2048;
  config.num_layers = config.num_decoder_layers = 6;
  const at::Generator generator = at::detail::createCPUGenerator(1);
  model::TensorMap tensors;
  for (const model::TensorShape& shape : model::backbone_shapes(config)) {
    at::Tensor value = at::empty(shape.dims, at::kFloat);
    if (shape.dims.size() == 1) {
      value.fill_(1);
    } else if (shape.name == "shared.weight") {
      value.normal_(0, 1, generator);
    } else if (shape.name.ends_with(".q.weight")) {
      value.normal_(0, 1 / std::sqrt(static_cast<double>(shape.dims[1] * config.d_kv)), generator);
    } else {
      value.normal_(0, 1 / std::sqrt(static_cast<double>(shape.dims[1])), generator);
    }
    // Rounded for both precisions, so that they start from the same weights.
    tensors[shape.name] = value.to(at::kBFloat16).to(device, type);
  }
  return make_t5(config, std::move(tensors), model::Packing::kPacked);
}

model::Batch batch_of_step(std::int64_t step, const at::Device& device) {
  const at::Generator generator =
      at::detail::createCPUGenerator(static_cast<std::uint64_t>(step % 6));
  model::Batch batch;
  batch.input_ids = at::empty({kRows, kSourceTokens}, at::kLong).random_(3, 32000, generator);
  batch.attention_mask = at::ones({kRows, kSourceTokens}, at::kBool);
  batch.attention_mask[1].slice(0, kSourceTokens / 2).fill_(false);
  batch.labels = at::empty({kRows, kTargetTokens}, at::kLong).random_(3, 40, generator);
  batch.task_ids = at::zeros({kRows}, at::kLong);
  batch.label_tokens = kRows * kTargetTokens;
  for (at::Tensor* tensor :
       {&batch.input_ids, &batch.attention_mask, &batch.labels, &batch.task_ids})
    *tensor = tensor->to(device);
  return batch;
}

struct Run {
  std::vector<double> losses;
  at::Tensor change;  ///< of all parameters, float64 on the CPU
};

at::Tensor all_values(const model::Method& method) {
  std::vector<at::Tensor> values;
  for (const model::TrainedParameter& parameter : method.parameters())
    values.push_back(parameter.value.detach().cpu().to(at::kDouble).flatten());
  return at::cat(values);
}

Run trained(const model::T5& t5, const std::string& name, double rate, std::int64_t steps) {
  model::MethodInputs inputs = bench::inputs_of(name, t5);
  inputs.options.prompt_length = kPrompt;
  if (inputs.init_prompt.defined()) inputs.init_prompt = inputs.init_prompt.slice(0, 0, kPrompt);
  for (auto& source : inputs.sources) source.value = source.value.slice(0, 0, kPrompt);
  const auto method = model::make_method(inputs);
  const bool is_prompt = name == "prompt_tuning" || name == "attempt";
  std::vector<OptimizedParameter> optimized;
  for (const model::TrainedParameter& parameter : method->parameters())
    optimized.push_back({parameter.name, parameter.value, is_prompt ? 0.1 : 1e-4});
  AdamW optimizer(std::move(optimized), AdamWOptions{});
  model::Dropout dropout(rate, 3, t5.device);
  LossGraphs graphs;
  const at::Tensor before = all_values(*method);
  Run run;
  for (std::int64_t step = 0; step < steps; ++step) {
    const model::Batch batch = batch_of_step(step, t5.device);
    run.losses.push_back(update_step(*method, optimizer, dropout, {&batch, 1}, {}, &graphs).loss);
  }
  run.change = all_values(*method) - before;
  return run;
}

void print_difference(const Run& expected, const Run& found) {
  double first = 0, all = 0;
  for (std::size_t i = 0; i < expected.losses.size(); ++i) {
    const double off = std::abs(found.losses[i] - expected.losses[i]) / expected.losses[i];
    if (i < kFirst) first = std::max(first, off);
    all = std::max(all, off);
  }
  const double change =
      ((found.change - expected.change).norm() / expected.change.norm()).item<double>();
  std::printf(" %.1e | %.1e | %.1e |", first, all, change);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t steps = argc > 1 ? std::atoll(argv[1]) : 60;
  const at::Device device = trainer_device();
  use_deterministic_kernels(device);
  const model::T5 cpu = backbone(at::kCPU, at::kFloat), wide = backbone(device, at::kFloat),
                  half = backbone(device, at::kBFloat16);
  std::printf(
      "| method | dropout | loss, first and last step | fp32: loss, 10 steps | all | change | "
      "bf16: loss, 10 "
      "steps | all | change |\n|---|---|---|---|---|---|---|---|---|\n");
  for (const double rate : {0.0, 0.1}) {
    for (const char* name :
         {"prompt_tuning", "attempt", "lora", "adapter", "bitfit", "fine_tuning"}) {
      const Run expected = trained(cpu, name, rate, steps);
      std::printf("| `%s` | %.1f | %.3f, %.3f |", name, rate, expected.losses.front(),
                  expected.losses.back());
      print_difference(expected, trained(wide, name, rate, steps));
      print_difference(expected, trained(half, name, rate, steps));
      std::printf("\n");
      std::fflush(stdout);
    }
  }
}
