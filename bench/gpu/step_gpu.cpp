// Training steps of one method on the trainer's device, timed:
//   step_gpu MODEL METHOD PRECISION ROWS SOURCE_TOKENS TARGET_TOKENS DROPOUT STEPS
//   [launched|free|evaluate|profile TRACE]
// Prints one JSON object: the first step's loss, examples/s (mean of all steps), peak memory. As in
// a trial, a step starts while the device is at the one before it. "launched":
// without CUDA graphs. "free": kernels that are not reproducible are allowed. "evaluate":
// Method::predict() of two tokens instead of training steps. "profile": the timed steps are written
// as a trace of kernels too. Inputs are a fixed pattern that step_gpu.py makes too.
#include <ATen/ATen.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/gpu/setup.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/memory_use.h"
#include "runner/train/trainer_device.h"
#include "runner/train/update_step.h"

using namespace attempt::model;
using namespace attempt::train;

namespace {

constexpr std::int64_t kWarmUp = 4;

}  // namespace

int main(int argc, char** argv) {
  if (argc < 9) return 2;
  const std::string mode = argc > 9 ? argv[9] : "";
  const std::int64_t rows = std::atoll(argv[4]), steps = std::atoll(argv[8]);
  const at::Device device = trainer_device();
  if (mode != "free") use_deterministic_kernels(device);
  const std::unique_ptr<T5> t5 = attempt::bench::backbone_of(argv[1], argv[3], device);
  const std::unique_ptr<Method> method = make_method(attempt::bench::inputs_of(argv[2], *t5));
  AdamW optimizer = attempt::bench::optimizer_of(*method);
  Dropout dropout(std::atof(argv[7]), 1, device);
  LossGraphs graphs;
  const Batch batch =
      attempt::bench::pattern_batch(rows, std::atoll(argv[5]), std::atoll(argv[6]), 0, device);

  reset_peak_memory(device);
  double first_loss = 0, last_loss = 0, seconds = 0;
  std::unique_ptr<PendingUpdate> started;
  const auto settle = [&] {
    if (started) last_loss = started->wait().loss;
    started.reset();
  };
  auto start = std::chrono::steady_clock::now();
  for (std::int64_t step = 0; step < kWarmUp + steps; ++step) {
    if (step == kWarmUp) {
      settle();
      if (mode == "profile") attempt::bench::start_profile();
      start = std::chrono::steady_clock::now();
    }
    if (mode == "evaluate") {
      const Prediction prediction = method->predict(batch, 2);
      first_loss = prediction.loss.nll.item<double>() / static_cast<double>(rows);
      (void)prediction.tokens.to(at::kCPU);
    } else {
      PendingUpdate next = start_update(*method, optimizer, dropout, {&batch, 1}, {},
                                        mode == "launched" ? nullptr : &graphs);
      if (step == 0) first_loss = next.wait().loss;
      settle();
      started = std::make_unique<PendingUpdate>(std::move(next));
    }
  }
  settle();
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
            static_cast<double>(steps);
  if (mode == "profile") attempt::bench::save_profile(argv[10]);
  std::printf(
      "{\"loss\": %.6f, \"last_loss\": %.9g, \"examples_per_second\": %.1f, "
      "\"milliseconds\": %.3f, \"gib\": %.2f}\n",
      first_loss, last_loss, static_cast<double>(rows) / seconds, 1e3 * seconds,
      static_cast<double>(peak_memory_bytes(device)) / (1 << 30));
}
