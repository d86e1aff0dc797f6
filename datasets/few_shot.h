#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/task.h"
#include "datasets/token_cache.h"

namespace attempt::datasets {

/// How few training rows are drawn; tasks.md 4.3.
enum class FewShotMode {
  kBalanced,  ///< k rows in all, floor(k / C) of each of C classes, the rest as the draw comes
  kOverall,   ///< k rows in all, whatever their classes
  kPerClass   ///< k rows of each class
};

/// "balanced", "overall", "per_class". @throws std::invalid_argument otherwise.
FewShotMode few_shot_mode(const std::string& name);

struct FewShotDraw {
  std::int64_t k = 0;
  FewShotMode mode = FewShotMode::kBalanced;
  std::uint64_t draw = 1;  ///< seed of the permutation that is walked
};

/// Classes that are balanced: a task's labels; STS-B: scores up to 2.5, and above; 0 for question
/// answering.
std::int64_t few_shot_classes(const Task& task);

/// Rows that a draw takes from a split of n: k, k a class with kPerClass, at most n.
std::int64_t few_shot_count(const Task& task, const FewShotDraw& draw, std::int64_t n);

/// The rows themselves, in the order of the draw. The first draw with kOverall is the published
/// cap: the first k rows of the training list (see cap_train_examples).
/// @throws DataError when the split has too few rows, in all or of a class.
std::vector<std::int64_t> few_shot_rows(const Task& task, const TokenizedSplit& split,
                                        const FewShotDraw& draw);

/// The rows of a split that are kept, as a split of their own.
std::shared_ptr<const TokenizedSplit> rows_of_split(std::shared_ptr<const TokenizedSplit> split,
                                                    std::vector<std::int64_t> rows);

}  // namespace attempt::datasets
