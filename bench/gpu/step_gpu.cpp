// Training steps of one method on the trainer's device, timed:
//   step_gpu MODEL METHOD PRECISION ROWS SOURCE_TOKENS TARGET_TOKENS DROPOUT STEPS
//   [launched|evaluate]
// Prints one JSON object: the first step's loss, examples/s (median step), peak memory. "launched":
// without CUDA graphs. "evaluate": Method::predict() of two tokens instead of training steps.
// Inputs are a fixed pattern that step_gpu.py makes too.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "model/method.h"
#include "model/t5.h"
#include "runner/train/adamw.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/memory_use.h"
#include "runner/train/trainer_device.h"
#include "runner/train/update_step.h"

using namespace attempt::model;
using namespace attempt::train;

namespace {

constexpr std::int64_t kSources = 6;
constexpr std::int64_t kWarmUp = 4;

MethodInputs inputs_of(const std::string& method, const T5& t5) {
  MethodInputs inputs;
  inputs.backbone = &t5;
  MethodOptions& options = inputs.options;
  options.method = method;
  options.prompt_length = 100;
  if (method == "prompt_tuning") {
    options.init = PromptInit::kFile;
    inputs.init_prompt = t5.shared.slice(0, 3, 103).to(at::kCPU, at::kFloat);
  }
  if (method == "attempt") {
    for (std::int64_t j = 0; j < kSources; ++j)
      options.mixed_sources.push_back("source" + std::to_string(j));
    options.start_source = options.mixed_sources[0];
    const at::Generator generator = at::detail::createCPUGenerator(2);
    for (const std::string& name : options.mixed_sources) {
      inputs.sources.push_back(
          {name, at::empty({100, t5.config.d_model}, at::kFloat).normal_(0, 1, generator)});
    }
  }
  return inputs;
}

Batch fixed_batch(std::int64_t rows, std::int64_t source_tokens, std::int64_t target_tokens,
                  const at::Device& device) {
  const auto ids = [&](std::int64_t columns, std::int64_t factor) {
    return (at::arange(rows * columns, at::kLong) * factor)
        .remainder(30000)
        .add_(3)
        .view({rows, columns})
        .to(device);
  };
  Batch batch;
  batch.input_ids = ids(source_tokens, 37);
  batch.attention_mask = at::ones({rows, source_tokens}, at::kBool).to(device);
  batch.labels = ids(target_tokens, 53);
  batch.task_ids = at::zeros({rows}, at::kLong).to(device);
  batch.label_tokens = rows * target_tokens;
  return batch;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 9) return 2;
  const std::string method_name = argv[2], mode = argc > 9 ? argv[9] : "";
  const std::int64_t rows = std::atoll(argv[4]), steps = std::atoll(argv[8]);
  const at::Device device = trainer_device();
  use_deterministic_kernels(device);
  BackboneOptions options;
  options.folder = argv[1];
  options.precision = std::string(argv[3]) == "bf16" ? Precision::kBf16 : Precision::kFp32;
  options.device = device.str();
  const std::unique_ptr<T5> t5 = load_t5(options);
  const std::unique_ptr<Method> method = make_method(inputs_of(method_name, *t5));
  std::vector<OptimizedParameter> optimized;
  for (const TrainedParameter& parameter : method->parameters())
    optimized.push_back({parameter.name, parameter.value, 1e-4});
  AdamW optimizer(std::move(optimized), AdamWOptions{});
  Dropout dropout(std::atof(argv[7]), 1, device);
  LossGraphs graphs;
  const Batch batch = fixed_batch(rows, std::atoll(argv[5]), std::atoll(argv[6]), device);

  reset_peak_memory(device);
  std::vector<double> seconds;
  double first_loss = 0;
  for (std::int64_t step = 0; step < kWarmUp + steps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    if (mode == "evaluate") {
      const Prediction prediction = method->predict(batch, 2);
      first_loss = prediction.loss.nll.item<double>() / static_cast<double>(rows);
      (void)prediction.tokens.to(at::kCPU);
    } else {
      const UpdateResult result = update_step(*method, optimizer, dropout, {&batch, 1}, {},
                                              mode == "launched" ? nullptr : &graphs);
      if (step == 0) first_loss = result.loss;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (step >= kWarmUp) seconds.push_back(took.count());
  }
  std::printf(
      "{\"loss\": %.6f, \"examples_per_second\": %.1f, \"milliseconds\": %.3f, \"gib\": %.2f}\n",
      first_loss, static_cast<double>(rows) / median(seconds), 1e3 * median(seconds),
      static_cast<double>(peak_memory_bytes(device)) / (1 << 30));
}
