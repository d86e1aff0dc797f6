#include "datasets/few_shot.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "datasets/batches.h"
#include "datasets/data_error.h"
#include "datasets/number.h"
#include "datasets/split_rules.h"

namespace attempt::datasets {

namespace {

constexpr std::uint64_t kDataSeed = 42;  // of the published cap

std::int64_t class_of(const Task& task, const Example& example) {
  if (task.name == "stsb") return parse_number(example.target).value_or(0) > 2.5 ? 1 : 0;
  const auto found = std::find(task.label_texts.begin(), task.label_texts.end(), example.target);
  if (found == task.label_texts.end()) {
    throw std::logic_error("'" + example.target + "' is no label of " + task.name);
  }
  return found - task.label_texts.begin();
}

/// The order in which rows are looked at.
std::vector<std::int64_t> draw_order(const Task& task, const FewShotDraw& draw, std::int64_t n) {
  const bool is_published_cap = draw.mode == FewShotMode::kOverall && draw.draw == 1;
  if (!is_published_cap) return permutation(n, draw.draw);
  if (!permutes_train(task.split_rule)) return permutation(n, kDataSeed);
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

class KeptRows : public TokenizedSplit {
 public:
  KeptRows(std::shared_ptr<const TokenizedSplit> split, std::vector<std::int64_t> rows)
      : split_(std::move(split)), rows_(std::move(rows)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  std::span<const std::int32_t> source_ids(std::int64_t index) const override {
    return split_->source_ids(row(index));
  }
  std::span<const std::int32_t> target_ids(std::int64_t index) const override {
    return split_->target_ids(row(index));
  }
  Example example(std::int64_t index) const override { return split_->example(row(index)); }

 private:
  std::int64_t row(std::int64_t index) const { return rows_.at(static_cast<std::size_t>(index)); }

  std::shared_ptr<const TokenizedSplit> split_;
  std::vector<std::int64_t> rows_;
};

}  // namespace

FewShotMode few_shot_mode(const std::string& name) {
  if (name == "balanced") return FewShotMode::kBalanced;
  if (name == "overall") return FewShotMode::kOverall;
  if (name == "per_class") return FewShotMode::kPerClass;
  throw std::invalid_argument("'" + name + "' is not one of balanced, overall, per_class");
}

std::int64_t few_shot_classes(const Task& task) {
  return task.name == "stsb" ? 2 : static_cast<std::int64_t>(task.label_texts.size());
}

std::int64_t few_shot_count(const Task& task, const FewShotDraw& draw, std::int64_t n) {
  const bool by_class = draw.mode == FewShotMode::kPerClass;
  return std::min(n, by_class ? draw.k * few_shot_classes(task) : draw.k);
}

std::vector<std::int64_t> few_shot_rows(const Task& task, const TokenizedSplit& split,
                                        const FewShotDraw& draw) {
  const std::int64_t n = split.size();
  if (n < draw.k) {
    throw DataError("", fmt::format("{} has {} rows to draw {} from (a few-shot trial needs them "
                                    "all). Lower few_shot.k",
                                    task.name, n, draw.k));
  }
  const std::vector<std::int64_t> order = draw_order(task, draw, n);
  if (draw.mode == FewShotMode::kOverall) return {order.begin(), order.begin() + draw.k};

  const std::int64_t classes = few_shot_classes(task);
  const bool is_per_class = draw.mode == FewShotMode::kPerClass;
  const std::int64_t share = is_per_class ? draw.k : draw.k / classes;
  const auto wanted = static_cast<std::size_t>(share * classes);
  std::vector<std::int64_t> taken_of(static_cast<std::size_t>(classes), 0);
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> left;
  for (const std::int64_t row : order) {
    if (rows.size() == wanted && rows.size() + left.size() >= static_cast<std::size_t>(draw.k)) {
      break;
    }
    std::int64_t& taken = taken_of[static_cast<std::size_t>(class_of(task, split.example(row)))];
    if (taken < share) {
      ++taken;
      rows.push_back(row);
    } else {
      left.push_back(row);
    }
  }
  if (is_per_class && rows.size() < wanted) {
    throw DataError("", fmt::format("{} has a class with fewer than {} rows (few_shot.mode = "
                                    "\"per_class\" takes as many of each). Lower few_shot.k, or "
                                    "use mode = \"balanced\"",
                                    task.name, draw.k));
  }
  for (const std::int64_t row : left) {
    if (rows.size() >= static_cast<std::size_t>(draw.k)) break;
    rows.push_back(row);
  }
  return rows;
}

std::shared_ptr<const TokenizedSplit> rows_of_split(std::shared_ptr<const TokenizedSplit> split,
                                                    std::vector<std::int64_t> rows) {
  return std::make_shared<KeptRows>(std::move(split), std::move(rows));
}

}  // namespace attempt::datasets
