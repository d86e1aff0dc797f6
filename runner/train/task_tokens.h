#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "datasets/batches.h"
#include "datasets/task.h"
#include "datasets/token_cache.h"
#include "model/batch.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::train {

/// One task of a trial: its tokenised splits and the rows of the training split that are used.
struct TaskTokens {
  std::shared_ptr<const datasets::Task> task;
  sweep::TaskSpec spec;
  datasets::TokenizedTask tokens;
  std::vector<std::int64_t> train_rows;  ///< in training order before shuffling
  datasets::CollateOptions collate;
};

/// Opens (or builds) the token cache of a task.
/// @param task_id  its place among the tasks of the trial
/// @throws datasets::DataError
TaskTokens open_task(const sweep::DataSpec& data, const sweep::TaskSpec& spec,
                     std::int64_t task_id = 0);

/// Keeps the rows that a few-shot trial draws; nothing for a trial on the whole split.
/// @throws datasets::DataError where there are too few.
void draw_few_shot(TaskTokens& task);

/// The first `cap` rows of a training split of n under tasks.md 4.3: permuted by the data seed
/// first where the split rule leaves the rows in file order.
std::vector<std::int64_t> capped_train_rows(const datasets::Task& task, std::int64_t n,
                                            std::int64_t cap);

/// Plain arrays as tensors on a device.
model::Batch to_model_batch(const datasets::TokenBatch& tokens, const at::Device& device);

}  // namespace attempt::train
