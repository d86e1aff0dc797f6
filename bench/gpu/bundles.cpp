// Prompt-tuning trials on the trainer's device, some at a time in one pass a step, timed:
//   bundles MODEL TRIALS WIDTH STEPS [PRECISION [TRACE]]
// Each trial takes STEPS steps of 32 rows with prompts of 100 rows, dropout 0.1; the longest text
// of a batch has 28 to 48 tokens. Prints one JSON object: seconds of all trials without what the
// first passes of each shape take, and peak memory. TRACE: the kernels of the last trials' steps
// are written there.
#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench/gpu/setup.h"
#include "runner/train/bundle_pass.h"
#include "runner/train/memory_use.h"
#include "runner/train/trainer_device.h"

using namespace attempt::model;
using namespace attempt::train;

namespace {

constexpr std::int64_t kRows = 32, kTargets = 2, kPrompt = 100, kMultiple = 16;
constexpr std::int64_t kShortest = 28, kLongest = 48;
constexpr std::int64_t kWarmUp = 12;  // every shape is met twice, which captures it

struct Trial {
  std::unique_ptr<Method> method;
  AdamW optimizer;
  Dropout dropout;
  LossGraphs graphs;
};

Batch batch_of(std::int64_t trial, std::int64_t step, const at::Device& device) {
  // Neighbouring trials and steps have other lengths.
  std::int64_t tokens = kShortest + (trial * 5 + step * 7) % (kLongest - kShortest + 1);
  tokens = (tokens + kMultiple - 1) / kMultiple * kMultiple;
  return attempt::bench::pattern_batch(kRows, tokens, kTargets, trial + step, device);
}

/// Steps of some trials: together, or the one trial as it trains alone.
class Runs {
 public:
  Runs(const T5& t5, std::int64_t first, std::int64_t count) : t5_(t5), first_(first) {
    std::vector<BundlePass::Member> members;
    for (std::int64_t i = 0; i < count; ++i) {
      auto method = make_method(attempt::bench::inputs_of("prompt_tuning", t5));
      AdamW optimizer = attempt::bench::optimizer_of(*method);
      trials_.push_back(std::unique_ptr<Trial>(
          new Trial{std::move(method),
                    std::move(optimizer),
                    Dropout(0.1, static_cast<std::uint64_t>(first + i), t5.device),
                    {}}));
      members.push_back({*trials_.back()->method, trials_.back()->dropout});
    }
    if (count > 1) {
      pass_ = std::make_unique<BundlePass>(t5, std::move(members),
                                           BundlePass::Shape{kRows, kPrompt, kMultiple});
    }
  }

  void step(std::int64_t number) {
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < trials_.size(); ++i)
      batches.push_back(batch_of(first_ + static_cast<std::int64_t>(i), number, t5_.device));
    if (pass_ == nullptr) {
      Trial& trial = *trials_.front();
      std::vector<PendingUpdate> next;
      next.push_back(
          start_update(*trial.method, trial.optimizer, trial.dropout, batches, {}, &trial.graphs));
      settle();
      started_ = std::move(next);
      return;
    }
    const std::vector<LossTotals> totals = pass_->run(batches);
    std::vector<PendingUpdate> next;
    for (std::size_t i = 0; i < trials_.size(); ++i)
      next.push_back(apply_gradients(*trials_[i]->method, trials_[i]->optimizer, totals[i], {}));
    settle();
    started_ = std::move(next);
  }

  /// Waits for what was started.
  void settle() {
    for (const PendingUpdate& update : started_) (void)update.wait();
    started_.clear();
  }

 private:
  const T5& t5_;
  std::int64_t first_;
  std::vector<std::unique_ptr<Trial>> trials_;
  std::vector<PendingUpdate> started_;  ///< as in a trial, the device is at one step meanwhile
  std::unique_ptr<BundlePass> pass_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: bundles MODEL TRIALS WIDTH STEPS [PRECISION [TRACE]]\n");
    return 2;
  }
  const std::int64_t trials = std::atoll(argv[2]), width = std::atoll(argv[3]);
  const std::int64_t steps = std::atoll(argv[4]);
  const at::Device device = trainer_device();
  use_deterministic_kernels(device);
  const auto t5 = attempt::bench::backbone_of(argv[1], argc > 5 ? argv[5] : "bf16", device);
  reset_peak_memory(device);
  double seconds = 0;
  for (std::int64_t first = 0; first < trials; first += width) {
    Runs runs(*t5, first, std::min(width, trials - first));
    for (std::int64_t i = 0; i < kWarmUp; ++i) runs.step(i);
    runs.settle();
    const bool is_traced = argc > 6 && first + width >= trials;
    if (is_traced) attempt::bench::start_profile();
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t i = 0; i < steps; ++i) runs.step(i);
    runs.settle();
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (is_traced) attempt::bench::save_profile(argv[6]);
  }
  std::printf("{\"seconds\": %.3f, \"gib\": %.2f}\n", seconds,
              static_cast<double>(peak_memory_bytes(device)) / (1 << 30));
}
