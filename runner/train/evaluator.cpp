#include "runner/train/evaluator.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "runner/train/prediction_text.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

constexpr std::size_t kDefaultBatchSize = 64;
constexpr std::size_t kDefaultBatchSizeOnGpu = 256;

std::vector<std::int64_t> by_source_length(const datasets::TokenizedSplit& split) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(split.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&split](std::int64_t a, std::int64_t b) {
    return split.source_ids(a).size() > split.source_ids(b).size();
  });
  return order;
}

/// Every how-manieth of `count` batches is looked at, so that at most `most` are; 0: `most` = all.
std::size_t stride(std::size_t count, std::int64_t most) {
  return most == 0 ? 1
                   : (count + static_cast<std::size_t>(most) - 1) / static_cast<std::size_t>(most);
}

/// Tokens of a row of a batch.
std::size_t row_length(const TaskTokens& task, const datasets::TokenizedSplit& split,
                       std::int64_t row) {
  const auto longest = static_cast<std::size_t>(task.collate.max_source_length);
  if (task.collate.pad_to_max_source) return longest;
  return std::min(longest, split.source_ids(row).size());
}

std::vector<std::int32_t> row_ids(const at::Tensor& generated, std::int64_t row) {
  const std::int64_t width = generated.size(1);
  const std::int64_t* first = generated.const_data_ptr<std::int64_t>() + row * width;
  return {first, first + width};
}

}  // namespace

Evaluator::Evaluator(const datasets::Tokenizer& tokenizer, EvaluatorOptions options)
    : tokenizer_(tokenizer), options_(std::move(options)) {}

SplitEvaluation Evaluator::evaluate(model::Method& method, const TaskTokens& task,
                                    datasets::Split split, const TrialMonitor& monitor,
                                    const TrialProgress& progress) const {
  const c10::NoGradGuard no_grad;
  const datasets::TokenizedSplit& examples = task.tokens.split(split);
  const std::vector<std::int64_t> order = by_source_length(examples);
  std::vector<std::size_t> lengths;
  for (const std::int64_t i : order) lengths.push_back(row_length(task, examples, i));

  SplitEvaluation result;
  result.predictions.resize(order.size());
  double nll = 0;
  std::int64_t tokens = 0;
  std::size_t begin = 0;
  const auto ends = datasets::like_length_batches(lengths, batch_size());
  const std::size_t step = stride(ends.size(), options_.most_batches);
  for (std::size_t number = 0; number < ends.size(); ++number) {
    const std::size_t end = ends[number];
    if (number % step != step / 2) {
      begin = end;
      continue;
    }
    monitor.check_stop();
    monitor.report(progress);
    const std::span<const std::int64_t> rows(order.data() + begin, end - begin);
    begin = end;
    const model::Batch batch =
        to_model_batch(datasets::collate(examples, rows, task.collate), options_.device);
    const bool is_probe = options_.most_batches > 0;
    const std::int64_t new_tokens = is_probe
                                        ? std::min(task.spec.max_new_tokens, batch.labels.size(1))
                                        : task.spec.max_new_tokens;
    if (is_probe && result.rows == 0) {
      method.predict(batch, new_tokens);  // finds nothing prepared
      result.rows_of_first = static_cast<std::int64_t>(rows.size());
    }
    const auto started = std::chrono::steady_clock::now();
    const model::Prediction prediction = method.predict(batch, new_tokens);
    result.rows += static_cast<std::int64_t>(rows.size());
    nll += prediction.loss.nll.item<double>();
    tokens += prediction.loss.tokens;
    result.attention.add(method.attention(batch));
    const at::Tensor generated = prediction.tokens.to(at::kCPU, at::kLong).contiguous();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      result.predictions[static_cast<std::size_t>(rows[i])] = prediction_text(
          tokenizer_, row_ids(generated, static_cast<std::int64_t>(i)), options_.rules);
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    result.seconds += taken.count();
  }
  finish(task, split, options_.rules, nll, tokens, result);
  return result;
}

std::vector<SplitEvaluation> Evaluator::evaluate_together(model::MixedPrompts& method,
                                                          const std::vector<SharingTask>& tasks,
                                                          datasets::Split split) const {
  const c10::NoGradGuard no_grad;
  struct Row {
    std::size_t task;
    std::int64_t example;
    std::size_t length;
  };
  std::vector<Row> rows;
  std::vector<SplitEvaluation> results(tasks.size());
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const datasets::TokenizedSplit& examples = tasks[t].tokens.tokens.split(split);
    results[t].predictions.resize(static_cast<std::size_t>(examples.size()));
    for (std::int64_t i = 0; i < examples.size(); ++i) {
      rows.push_back({t, i, row_length(tasks[t].tokens, examples, i)});
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.length > b.length; });
  std::vector<std::size_t> lengths;
  for (const Row& row : rows) lengths.push_back(row.length);

  std::vector<double> nll(tasks.size());
  std::vector<std::int64_t> tokens(tasks.size());
  std::size_t begin = 0;
  for (const std::size_t end : datasets::like_length_batches(lengths, batch_size())) {
    std::vector<datasets::BatchRow> taken;
    for (std::size_t i = begin; i < end; ++i) {
      const TaskTokens& task = tasks[rows[i].task].tokens;
      taken.push_back({&task.tokens.split(split), rows[i].example, &task.collate});
    }
    const model::Batch batch = to_model_batch(datasets::collate(taken), options_.device);
    const model::Prediction prediction =
        method.predict(batch, tasks.front().tokens.spec.max_new_tokens);
    const at::Tensor row_nll = prediction.loss.row_nll.to(at::kCPU, at::kDouble).contiguous();
    const at::Tensor row_tokens = prediction.loss.row_tokens.to(at::kCPU, at::kLong).contiguous();
    const at::Tensor generated = prediction.tokens.to(at::kCPU, at::kLong).contiguous();
    for (std::size_t i = begin; i < end; ++i) {
      const Row& row = rows[i];
      const auto place = static_cast<std::int64_t>(i - begin);
      nll[row.task] += row_nll.const_data_ptr<double>()[place];
      tokens[row.task] += row_tokens.const_data_ptr<std::int64_t>()[place];
      results[row.task].predictions[static_cast<std::size_t>(row.example)] =
          prediction_text(tokenizer_, row_ids(generated, place), tasks[row.task].rules);
    }
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      results[t].attention.add(method.attention_of(t, batch));
    }
    begin = end;
  }
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    finish(tasks[t].tokens, split, tasks[t].rules, nll[t], tokens[t], results[t]);
  }
  return results;
}

std::size_t Evaluator::batch_size() const {
  if (options_.batch_size > 0) return static_cast<std::size_t>(options_.batch_size);
  return options_.device.is_cuda() ? kDefaultBatchSizeOnGpu : kDefaultBatchSize;
}

void Evaluator::finish(const TaskTokens& task, datasets::Split split,
                       const datasets::DataRules& rules, double nll, std::int64_t tokens,
                       SplitEvaluation& result) const {
  const datasets::TokenizedSplit& examples = task.tokens.split(split);
  result.loss = nll / static_cast<double>(std::max<std::int64_t>(1, tokens));
  if (!std::isfinite(result.loss)) {
    throw TrialFailure("nan_loss",
                       fmt::format("the loss on the {} split of {} is {} (the trained "
                                   "parameters lead out of the range of numbers)",
                                   datasets::split_name(split), task.task->name, result.loss));
  }

  datasets::ScoredSplit scored;
  scored.predictions = result.predictions;
  const bool decodes_references = rules.decode_reference == datasets::Rule::kAuthors;
  for (std::int64_t i = 0; i < examples.size(); ++i) {
    const datasets::Example example = examples.example(i);
    result.targets.push_back(example.target);
    result.ids.push_back(example.id);
    scored.references.push_back(example.references);
    if (decodes_references) {
      const auto decoded = [&](std::span<const std::int32_t> ids) {
        return prediction_text(
            tokenizer_, datasets::truncate_with_eos(ids, task.collate.max_target_length), rules);
      };
      std::vector<std::string>& references = scored.references.back();
      if (references.size() == 1) {
        references = {decoded(examples.target_ids(i))};
      } else {
        for (std::string& text : references) text = decoded(tokenizer_.encode(text));
      }
    }
    if (!example.group.empty()) scored.groups.push_back(example.group);
  }
  result.scores = datasets::score(*task.task, scored, rules);
}

}  // namespace attempt::train
