// Training and evaluation on examples as long as real ones, tokens in, metrics out:
//   true_lengths MODEL PRECISION LENGTHS TRAINED EVALUATED ORDER
// LENGTHS holds lines "TASK TOKENS COUNT" (token_lengths.txt); examples are drawn from all of them.
// Prompt tuning, batches of 32 in a random order (ORDER = random) or of like lengths (= like),
// dropout 0.1; then the loss, two generated tokens and the accuracy of others, 256 rows at a time.
// Prints one JSON object.
#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <span>

#include "bench/gpu/setup.h"
#include "datasets/batches.h"
#include "runner/train/loss_graphs.h"
#include "runner/train/memory_use.h"
#include "runner/train/trainer_device.h"
#include "runner/train/update_step.h"

using namespace attempt;
using namespace attempt::train;

namespace {

constexpr std::int64_t kBatch = 32, kMultiple = 16, kEvaluationBatch = 256, kTargetTokens = 2;

std::vector<std::int32_t> drawn_lengths(const char* file, std::int64_t count, unsigned seed) {
  std::vector<double> weights;
  std::vector<std::int32_t> lengths;
  std::ifstream lines(file);
  std::string task;
  std::int32_t length = 0;
  for (double rows = 0; lines >> task >> length >> rows;) {
    lengths.push_back(length);
    weights.push_back(rows);
  }
  std::mt19937 generator(seed);
  std::discrete_distribution<std::size_t> which(weights.begin(), weights.end());
  std::vector<std::int32_t> drawn(static_cast<std::size_t>(count));
  for (std::int32_t& of : drawn) of = lengths[which(generator)];
  return drawn;
}

/// Rows of these lengths, from the host.
model::Batch batch_of(std::span<const std::int64_t> rows, std::span<const std::int32_t> lengths,
                      const at::Device& device) {
  std::int64_t longest = 1;
  for (const std::int64_t row : rows)
    longest = std::max<std::int64_t>(longest, lengths[static_cast<std::size_t>(row)]);
  longest = (longest + kMultiple - 1) / kMultiple * kMultiple;
  const auto count = static_cast<std::int64_t>(rows.size());
  at::Tensor ids = at::zeros({count, longest}, at::kLong);
  at::Tensor mask = at::zeros({count, longest}, at::kBool);
  at::Tensor labels = at::empty({count, kTargetTokens}, at::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = rows[static_cast<std::size_t>(i)];
    const std::int64_t length = lengths[static_cast<std::size_t>(row)];
    for (std::int64_t j = 0; j < length; ++j)
      ids.mutable_data_ptr<std::int64_t>()[i * longest + j] = (row * 257 + j) * 37 % 30000 + 3;
    mask[i].slice(0, 0, length).fill_(true);
    labels.mutable_data_ptr<std::int64_t>()[2 * i] = 100 + row % 2;
    labels.mutable_data_ptr<std::int64_t>()[2 * i + 1] = 1;
  }
  model::Batch batch;
  batch.input_ids = ids.to(device);
  batch.attention_mask = mask.to(device);
  batch.labels = labels.to(device);
  batch.task_ids = at::zeros({count}, at::kLong).to(device);
  batch.label_tokens = count * kTargetTokens;
  return batch;
}

class Timer {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Share of rows whose generated tokens are their labels.
double evaluate(model::Method& method, const std::vector<std::int32_t>& lengths,
                const at::Device& device) {
  std::vector<std::int64_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return lengths[static_cast<std::size_t>(a)] > lengths[static_cast<std::size_t>(b)];
  });
  std::vector<std::size_t> sorted;
  for (const std::int64_t row : order)
    sorted.push_back(static_cast<std::size_t>(lengths[static_cast<std::size_t>(row)]));
  double right = 0;
  std::size_t begin = 0;
  for (const std::size_t end : datasets::like_length_batches(sorted, kEvaluationBatch)) {
    const model::Batch batch = batch_of({order.data() + begin, end - begin}, lengths, device);
    begin = end;
    const model::Prediction prediction = method.predict(batch, kTargetTokens);
    (void)prediction.loss.nll.item<double>();
    const at::Tensor ids = at::constant_pad_nd(prediction.tokens.to(at::kCPU),
                                               {0, kTargetTokens - prediction.tokens.size(1)});
    right += ids.eq(batch.labels.to(at::kCPU)).all(1).sum().item<double>();
  }
  return right / static_cast<double>(lengths.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const std::int64_t trained = std::atoll(argv[4]), evaluated = std::atoll(argv[5]);
  const std::vector<std::int32_t> lengths = drawn_lengths(argv[3], trained, 1);
  const std::vector<std::int32_t> others = drawn_lengths(argv[3], evaluated, 2);
  const at::Device device = trainer_device();
  use_deterministic_kernels(device);
  const auto t5 = bench::backbone_of(argv[1], argv[2], device);
  const auto method = model::make_method(bench::inputs_of("prompt_tuning", *t5));
  AdamW optimizer = bench::optimizer_of(*method);
  model::Dropout dropout(0.1, 1, device);
  LossGraphs graphs;
  const bool is_like = std::string(argv[6]) == "like";
  datasets::TrainOrder order(trained, kBatch, 42, /*shuffle=*/true,
                             is_like ? lengths : std::vector<std::int32_t>());
  reset_peak_memory(device);
  // Libraries are loaded and their first choices made before anything is timed.
  const model::Batch first = batch_of(order.batch(0), lengths, device);
  model::Dropout other(0.1, 2, device);
  update_step(*method, optimizer, other, {&first, 1}, {}, nullptr);
  method->predict(first, kTargetTokens);

  const Timer training;
  double loss = 0;
  std::unique_ptr<PendingUpdate> started;  // the device is at one step while the next is made
  for (std::int64_t step = 0; step < order.steps_per_epoch(); ++step) {
    const model::Batch batch = batch_of(order.batch(step), lengths, device);
    PendingUpdate next = start_update(*method, optimizer, dropout, {&batch, 1}, {}, &graphs);
    if (started) loss = started->wait().loss;
    started = std::make_unique<PendingUpdate>(std::move(next));
  }
  loss = started->wait().loss;
  const double train_seconds = training.seconds();
  const Timer evaluation;
  const double accuracy = evaluate(*method, others, device);
  const double seconds = evaluation.seconds();
  const double tokens = std::accumulate(lengths.begin(), lengths.end(), 0.0);
  std::printf(
      "{\"mean_tokens\": %.1f, \"train\": %.1f, \"evaluate\": %.1f, \"gib\": %.2f, "
      "\"last_loss\": %.4f, \"accuracy\": %.4f}\n",
      tokens / static_cast<double>(trained), static_cast<double>(trained) / train_seconds,
      static_cast<double>(evaluated) / seconds,
      static_cast<double>(peak_memory_bytes(device)) / (1 << 30), loss, accuracy);
}
