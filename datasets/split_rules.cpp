#include "datasets/split_rules.h"

#include <algorithm>
#include <map>

#include "datasets/batches.h"

namespace attempt::datasets {

namespace {

constexpr std::uint64_t kSplitSeed = 42;  // of the data, not of training
constexpr std::size_t kLargeValidation = 1000;

std::vector<Example> take(std::vector<Example>& examples, const std::vector<std::int64_t>& order,
                          std::size_t first, std::size_t last) {
  std::vector<Example> taken;
  for (std::size_t i = first; i < last; ++i)
    taken.push_back(std::move(examples[static_cast<std::size_t>(order[i])]));
  return taken;
}

void halve(std::vector<Example> validation, TaskData& data) {
  const auto order = permutation(static_cast<std::int64_t>(validation.size()), kSplitSeed);
  const std::size_t half = validation.size() / 2;
  data.validation = take(validation, order, 0, half);
  data.test = take(validation, order, half, validation.size());
}

/// MultiRC: all answers of a question stay together.
void halve_by_group(std::vector<Example> validation, TaskData& data) {
  std::vector<std::vector<Example>> groups;
  std::map<std::string, std::size_t> index_of;
  for (Example& example : validation) {
    const auto [found, is_new] = index_of.try_emplace(example.group, groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(std::move(example));
  }
  const auto order = permutation(static_cast<std::int64_t>(groups.size()), kSplitSeed);
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::vector<Example>& half = i < groups.size() / 2 ? data.validation : data.test;
    for (Example& example : groups[static_cast<std::size_t>(order[i])])
      half.push_back(std::move(example));
  }
}

}  // namespace

SplitRule split_rule(const Task& task, const DataRules& rules) {
  const bool halves = (task.name == "multirc" && rules.multirc_split == Rule::kAuthors) ||
                      (task.name == "scitail" && rules.scitail_split == Rule::kAuthors);
  if (halves) return SplitRule::kHalfValidation;
  const bool lacks_test = task.name == "squad" && rules.squad_test == Rule::kAuthors;
  return lacks_test ? SplitRule::kTrainMinus1000WithoutTest : task.split_rule;
}

SplitCounts expected_counts(const Task& task, const DataRules& rules) {
  SplitCounts counts = task.expected;
  if (split_rule(task, rules) == task.split_rule) return counts;
  if (task.name == "squad") {
    counts.test = 0;
  } else {
    counts.validation = counts.test = task.name == "multirc" ? 2424 : 652;
  }
  return counts;
}

std::int64_t max_source_length(const Task& task, const DataRules& rules) {
  const bool is_shorter = task.name == "multirc" && rules.multirc_max_source == Rule::kAuthors;
  return is_shorter ? 256 : task.max_source_length;
}

bool permutes_train(SplitRule rule) {
  return rule == SplitRule::kTrainMinus1000 || rule == SplitRule::kTrainMinus1000WithoutTest ||
         rule == SplitRule::kTrainMinusTenth;
}

void apply_split_rule(SplitRule rule, OfficialSplits official, TaskData& data) {
  switch (rule) {
    case SplitRule::kHalfValidation:
    case SplitRule::kHalfValidationByQuestion:
      data.train = std::move(official.train);
      if (rule == SplitRule::kHalfValidation) {
        halve(std::move(official.validation), data);
      } else {
        halve_by_group(std::move(official.validation), data);
      }
      break;
    case SplitRule::kTrainMinus1000:
    case SplitRule::kTrainMinus1000WithoutTest:
    case SplitRule::kTrainMinusTenth: {
      const auto order = permutation(static_cast<std::int64_t>(official.train.size()), kSplitSeed);
      const std::size_t most =
          rule == SplitRule::kTrainMinusTenth ? official.train.size() / 10 : official.train.size();
      const std::size_t held_out = std::min(kLargeValidation, most);
      data.validation = take(official.train, order, 0, held_out);
      data.train = take(official.train, order, held_out, order.size());
      data.test = std::move(official.test);
      break;
    }
    case SplitRule::kOfficial:
    case SplitRule::kMismatchedThenMatched:
      data.train = std::move(official.train);
      data.validation = std::move(official.validation);
      data.test = std::move(official.test);
      break;
  }
}

void cap_train_examples(const Task& task, std::int64_t cap, std::vector<Example>& train) {
  const auto kept = std::min(static_cast<std::size_t>(cap), train.size());
  if (permutes_train(task.split_rule)) {
    train.resize(kept);
    return;
  }
  const auto order = permutation(static_cast<std::int64_t>(train.size()), kSplitSeed);
  train = take(train, order, 0, kept);
}

}  // namespace attempt::datasets
