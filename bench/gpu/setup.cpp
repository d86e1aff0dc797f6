#include "bench/gpu/setup.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <set>

namespace attempt::bench {

using namespace model;

namespace {

constexpr std::int64_t kSources = 6;

}  // namespace

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

train::AdamW optimizer_of(const Method& method) {
  std::vector<train::OptimizedParameter> optimized;
  for (const TrainedParameter& parameter : method.parameters())
    optimized.push_back({parameter.name, parameter.value, 1e-4});
  return {std::move(optimized), train::AdamWOptions{}};
}

std::unique_ptr<T5> backbone_of(const char* folder, const std::string& precision,
                                const at::Device& device) {
  BackboneOptions options;
  options.folder = folder;
  options.precision = precision == "bf16" ? Precision::kBf16 : Precision::kFp32;
  options.device = device.str();
  return load_t5(options);
}

model::Batch pattern_batch(std::int64_t rows, std::int64_t source_tokens,
                           std::int64_t target_tokens, std::int64_t shift,
                           const at::Device& device) {
  // As a trial's batches come: the host does not wait for the copy.
  const auto there = [&](const at::Tensor& tensor) {
    return device.is_cuda() ? tensor.pin_memory().to(device, /*non_blocking=*/true) : tensor;
  };
  const auto ids = [&](std::int64_t columns, std::int64_t factor) {
    return there((at::arange(rows * columns, at::kLong) * factor + shift)
                     .remainder(30000)
                     .add_(3)
                     .view({rows, columns}));
  };
  model::Batch batch;
  batch.input_ids = ids(source_tokens, 37);
  batch.attention_mask = there(at::ones({rows, source_tokens}, at::kBool));
  batch.labels = ids(target_tokens, 53);
  batch.task_ids = there(at::zeros({rows}, at::kLong));
  batch.label_tokens = rows * target_tokens;
  return batch;
}

void start_profile() {
  namespace profiler = torch::autograd::profiler;
  const profiler::ProfilerConfig config(profiler::ProfilerState::KINETO);
  const std::set<profiler::ActivityType> activities = {profiler::ActivityType::CUDA};
  profiler::prepareProfiler(config, activities);
  profiler::enableProfiler(config, activities);
}

void save_profile(const std::string& trace) {
  torch::autograd::profiler::disableProfiler()->save(trace);
}

}  // namespace attempt::bench
