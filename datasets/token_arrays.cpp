#include "datasets/token_arrays.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace attempt::datasets {

namespace {

template <typename T>
std::span<const T> slice(std::span<const T> values, std::span<const std::int64_t> offsets,
                         std::int64_t index) {
  if (index < 0 || index + 1 >= static_cast<std::int64_t>(offsets.size())) {
    throw std::out_of_range("example " + std::to_string(index) + " is not in the split");
  }
  const std::int64_t begin = offsets[static_cast<std::size_t>(index)];
  const std::int64_t end = offsets[static_cast<std::size_t>(index) + 1];
  return values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

bool are_offsets(std::span<const std::int64_t> offsets, std::size_t size) {
  return !offsets.empty() && offsets.front() == 0 &&
         std::is_sorted(offsets.begin(), offsets.end()) &&
         offsets.back() == static_cast<std::int64_t>(size);
}

class ViewedSplit final : public TokenizedSplit {
 public:
  ViewedSplit(const TokenViews& views, std::shared_ptr<const void> owner)
      : views_(views), owner_(std::move(owner)) {}

  std::int64_t size() const override {
    return static_cast<std::int64_t>(views_.source_offsets.size()) - 1;
  }

  std::span<const std::int32_t> source_ids(std::int64_t index) const override {
    return slice(views_.source_ids, views_.source_offsets, index);
  }

  std::span<const std::int32_t> target_ids(std::int64_t index) const override {
    return slice(views_.target_ids, views_.target_offsets, index);
  }

  Example example(std::int64_t index) const override {
    const auto text = slice(views_.records, views_.record_offsets, index);
    const nlohmann::json record = nlohmann::json::parse(text.begin(), text.end());
    Example example;
    example.id = record.at(0);
    example.target = record.at(1);
    example.references = record.at(2).get<std::vector<std::string>>();
    example.group = record.at(3);
    example.row = record.at(4);
    return example;
  }

 private:
  TokenViews views_;
  std::shared_ptr<const void> owner_;
};

}  // namespace

bool TokenViews::is_consistent() const {
  return are_offsets(source_offsets, source_ids.size()) &&
         are_offsets(target_offsets, target_ids.size()) &&
         are_offsets(record_offsets, records.size()) &&
         source_offsets.size() == target_offsets.size() &&
         source_offsets.size() == record_offsets.size();
}

TokenArrays tokenize_examples(const std::vector<Example>& examples, const Tokenizer& tokenizer) {
  TokenArrays arrays;
  for (const Example& example : examples) {
    const auto source = tokenizer.encode(example.source);
    arrays.source_ids.insert(arrays.source_ids.end(), source.begin(), source.end());
    arrays.source_offsets.push_back(static_cast<std::int64_t>(arrays.source_ids.size()));
    const auto target = tokenizer.encode(example.target);
    arrays.target_ids.insert(arrays.target_ids.end(), target.begin(), target.end());
    arrays.target_offsets.push_back(static_cast<std::int64_t>(arrays.target_ids.size()));
    arrays.records += nlohmann::json::array({example.id, example.target, example.references,
                                             example.group, example.row})
                          .dump();
    arrays.record_offsets.push_back(static_cast<std::int64_t>(arrays.records.size()));
  }
  return arrays;
}

TokenViews views_of(const TokenArrays& arrays) {
  return {arrays.source_ids,     arrays.source_offsets, arrays.target_ids,
          arrays.target_offsets, arrays.records,        arrays.record_offsets};
}

std::shared_ptr<const TokenizedSplit> make_split(const TokenViews& views,
                                                 std::shared_ptr<const void> owner) {
  return std::make_shared<ViewedSplit>(views, std::move(owner));
}

}  // namespace attempt::datasets
