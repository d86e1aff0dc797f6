#include "runner/train/task_tokens.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "datasets/few_shot.h"
#include "datasets/split_rules.h"
#include "datasets/token_cache_name.h"
#include "runner/train/node_copy.h"

namespace attempt::train {

namespace {

constexpr std::uint64_t kDataSeed = 42;  // tasks.md 4.1: fixed, not the training seed

template <typename T>
at::Tensor to_tensor(const std::vector<T>& values, at::IntArrayRef shape, at::ScalarType type,
                     const at::Device& device) {
  // From pinned memory a copy does not wait for what a GPU still has to do.
  const at::Tensor tensor =
      at::empty(shape, at::TensorOptions().dtype(type).pinned_memory(device.is_cuda()));
  std::memcpy(tensor.mutable_data_ptr(), values.data(), values.size() * sizeof(T));
  return tensor.to(device, /*non_blocking=*/true);
}

}  // namespace

std::vector<std::int64_t> capped_train_rows(const datasets::Task& task, std::int64_t n,
                                            std::int64_t cap) {
  if (cap >= n) {
    std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }
  std::vector<std::int64_t> rows;
  if (datasets::permutes_train(task.split_rule)) {
    rows.resize(static_cast<std::size_t>(n));
    std::iota(rows.begin(), rows.end(), 0);
  } else {
    rows = datasets::permutation(n, kDataSeed);
  }
  rows.resize(static_cast<std::size_t>(cap));
  return rows;
}

TaskTokens open_task(const sweep::DataSpec& data, const sweep::TaskSpec& spec,
                     std::int64_t task_id) {
  TaskTokens opened;
  opened.task = std::make_shared<const datasets::Task>(sweep::task_of(spec));
  opened.spec = spec;
  datasets::LoadOptions options;
  options.root = data.root;
  options.rules = data.rules;
  options.add_prefix = spec.add_prefix;
  options.max_train_examples = spec.max_train_examples.value_or(datasets::kNoCap);
  options.max_bad_rows = data.max_bad_rows;
  options.strict_counts = data.strict_counts;
  for (const auto& [split, file] : spec.files) options.files[split] = file;
  const datasets::TokenCacheKey key{spec.fingerprint, data.tokenizer_fingerprint};
  const auto open_in = [&](const std::filesystem::path& cache) {
    return datasets::open_token_cache(cache, *opened.task, options, key, data.tokenizer);
  };
  if (stage_folder().empty()) {
    opened.tokens = open_in(data.cache);
  } else {
    const std::filesystem::path shared =
        std::filesystem::path(data.cache) / datasets::token_cache_name(*opened.task, options, key);
    if (!std::filesystem::exists(shared)) open_in(data.cache);
    opened.tokens = open_in(staged(shared, "tokens/" + shared.filename().string()).parent_path());
  }
  const std::int64_t n = opened.tokens.train->size();
  const std::int64_t cap =
      datasets::caps_at_load(*opened.task) ? n : spec.max_train_examples.value_or(n);
  opened.train_rows = capped_train_rows(*opened.task, n, cap);
  opened.collate.max_source_length = spec.max_source_length;
  opened.collate.max_target_length = spec.max_target_length;
  opened.collate.task_id = task_id;
  opened.collate.pad_to_max_source = data.rules.pad_to == datasets::Rule::kAuthors;
  return opened;
}

void draw_few_shot(TaskTokens& task) {
  const sweep::FewShotSpec& spec = task.spec.few_shot;
  if (spec.k == 0) return;
  const datasets::FewShotDraw draw{spec.k, datasets::few_shot_mode(spec.mode), spec.draw};
  task.train_rows = datasets::few_shot_rows(*task.task, *task.tokens.train, draw);
  if (spec.selection == "k") {
    task.tokens.validation = datasets::rows_of_split(
        task.tokens.validation, datasets::few_shot_rows(*task.task, *task.tokens.validation, draw));
  }
}

model::Batch to_model_batch(const datasets::TokenBatch& tokens, const at::Device& device) {
  const std::int64_t rows = tokens.rows;
  model::Batch batch;
  batch.input_ids = to_tensor(tokens.input_ids, {rows, tokens.source_length}, at::kLong, device);
  batch.attention_mask =
      to_tensor(tokens.attention_mask, {rows, tokens.source_length}, at::kBool, device);
  batch.labels = to_tensor(tokens.labels, {rows, tokens.target_length}, at::kLong, device);
  batch.label_tokens = std::count_if(tokens.labels.begin(), tokens.labels.end(),
                                     [](std::int64_t label) { return label >= 0; });
  batch.task_ids = to_tensor(tokens.task_ids, {rows}, at::kLong, device);
  return batch;
}

}  // namespace attempt::train
