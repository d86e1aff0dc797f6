// Captured passes against passes that are launched anew, on a GPU. Skipped where there is none.
#include "runner/train/loss_graphs.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "model/fused.h"
#include "model/shapes/method_shapes.h"
#include "model/t5.h"
#include "runner/train/adamw.h"
#include "runner/train/trainer_device.h"
#include "runner/train/update_step.h"

namespace attempt::train {
namespace {

using namespace model;

constexpr int kSteps = 6;

/// Two layers wide enough for every kernel, in bfloat16 on the GPU.
T5 small_backbone(const at::Device& device) {
  T5Config config;
  config.vocab_size = 100;
  config.d_model = 256;
  config.d_kv = 64;
  config.num_heads = 2;
  config.d_ff = 512;
  config.num_layers = config.num_decoder_layers = 2;
  const at::Generator generator = at::detail::createCPUGenerator(1);
  TensorMap tensors;
  for (const TensorShape& shape : backbone_shapes(config)) {
    at::Tensor value = at::empty(shape.dims, at::kFloat);
    if (shape.dims.size() == 1) {
      value.fill_(1);
    } else {
      value.normal_(0, 1 / std::sqrt(static_cast<double>(shape.dims[1])), generator);
    }
    tensors[shape.name] = value.to(device, at::kBFloat16);
  }
  return make_t5(config, std::move(tensors), Packing::kPacked);
}

Batch batch_of_step(int step, const at::Device& device) {
  const std::int64_t tokens = step % 2 == 0 ? 16 : 32;
  Batch batch;
  batch.input_ids =
      (at::arange(4 * tokens, at::kLong) * (step + 3)).remainder(97).view({4, tokens});
  batch.attention_mask = at::ones({4, tokens}, at::kBool);
  batch.attention_mask[1].slice(0, tokens / 2).fill_(false);
  batch.labels = at::arange(8, at::kLong).add(step).view({4, 2});
  batch.task_ids = at::zeros({4}, at::kLong);
  batch.label_tokens = 8;
  for (at::Tensor* tensor :
       {&batch.input_ids, &batch.attention_mask, &batch.labels, &batch.task_ids})
    *tensor = tensor->to(device);
  return batch;
}

/// Losses of some steps, and what they leave of the parameters.
std::vector<at::Tensor> trained(const T5& t5, const char* name, bool is_captured) {
  MethodInputs inputs;
  inputs.backbone = &t5;
  inputs.options.method = name;
  inputs.options.prompt_length = 20;
  const std::unique_ptr<Method> method = make_method(inputs);
  std::vector<OptimizedParameter> optimized;
  for (const TrainedParameter& parameter : method->parameters())
    optimized.push_back({parameter.name, parameter.value, 1e-2});
  AdamW optimizer(std::move(optimized), AdamWOptions{});
  Dropout dropout(0.1, 3, t5.device);
  LossGraphs graphs;
  std::vector<at::Tensor> result;
  std::optional<PendingUpdate> started;
  for (int step = 0; step < kSteps; ++step) {
    const Batch batch = batch_of_step(step, t5.device);
    PendingUpdate next =
        start_update(*method, optimizer, dropout, {&batch, 1}, {}, is_captured ? &graphs : nullptr);
    if (!is_captured) (void)next.wait();  // captured steps run ahead, as a trial's do
    if (started) result.push_back(at::scalar_tensor(started->wait().loss));
    started = std::move(next);
  }
  result.push_back(at::scalar_tensor(started->wait().loss));
  for (const TrainedParameter& parameter : method->parameters())
    result.push_back(parameter.value.detach().cpu());
  return result;
}

class GpuLossGraphsTest : public testing::TestWithParam<const char*> {};

TEST_P(GpuLossGraphsTest, CapturedStepsEqualLaunchedOnesBitForBit) {
  if (!fused::is_built()) GTEST_SKIP() << "this build has no CUDA kernels";
  if (!at::hasCUDA()) GTEST_SKIP() << "no GPU is visible";
  const at::Device device = trainer_device();
  use_deterministic_kernels(device);
  const T5 t5 = small_backbone(device);
  const auto launched = trained(t5, GetParam(), false), captured = trained(t5, GetParam(), true);
  ASSERT_EQ(launched.size(), captured.size());
  for (std::size_t i = 0; i < launched.size(); ++i)
    EXPECT_TRUE(launched[i].equal(captured[i])) << "of steps and parameters, number " << i;
}

INSTANTIATE_TEST_SUITE_P(Methods, GpuLossGraphsTest,
                         testing::Values("prompt_tuning", "lora", "bitfit", "adapter",
                                         "fine_tuning"));

}  // namespace
}  // namespace attempt::train
