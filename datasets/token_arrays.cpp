#include "datasets/token_arrays.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <future>
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

std::size_t usable_cores() {
  cpu_set_t cores;
  const bool is_known = sched_getaffinity(0, sizeof cores, &cores) == 0;
  return is_known ? static_cast<std::size_t>(CPU_COUNT(&cores)) : 1;
}

TokenArrays tokenize_chunk(std::span<const Example> examples, const Tokenizer& tokenizer) {
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

template <typename Values>
void append(Values& all, std::vector<std::int64_t>& offsets, const Values& part,
            const std::vector<std::int64_t>& part_offsets) {
  const auto base = static_cast<std::int64_t>(all.size());
  all.insert(all.end(), part.begin(), part.end());
  for (std::size_t i = 1; i < part_offsets.size(); ++i) offsets.push_back(base + part_offsets[i]);
}

/// The parts one after the other; each is freed as soon as it is copied.
TokenArrays joined(std::vector<TokenArrays> parts) {
  TokenArrays all;
  for (TokenArrays& part : parts) {
    append(all.source_ids, all.source_offsets, part.source_ids, part.source_offsets);
    append(all.target_ids, all.target_offsets, part.target_ids, part.target_offsets);
    append(all.records, all.record_offsets, part.records, part.record_offsets);
    part = {};
  }
  return all;
}

}  // namespace

bool TokenViews::is_consistent() const {
  return are_offsets(source_offsets, source_ids.size()) &&
         are_offsets(target_offsets, target_ids.size()) &&
         are_offsets(record_offsets, records.size()) &&
         source_offsets.size() == target_offsets.size() &&
         source_offsets.size() == record_offsets.size();
}

TokenArrays tokenize_examples(const std::vector<Example>& examples, const Tokenizer& tokenizer,
                              std::int64_t threads) {
  // Chunks rather than one share a thread, so that long texts at one end keep no thread waiting.
  constexpr std::size_t kChunk = 1024;
  const std::size_t chunks = (examples.size() + kChunk - 1) / kChunk;
  std::vector<TokenArrays> parts(chunks);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t chunk = next++; chunk < chunks; chunk = next++) {
      const std::size_t begin = chunk * kChunk;
      const std::size_t size = std::min(kChunk, examples.size() - begin);
      parts[chunk] = tokenize_chunk(std::span(examples).subspan(begin, size), tokenizer);
    }
  };
  const std::size_t wanted = threads > 0 ? static_cast<std::size_t>(threads) : usable_cores();
  {
    std::vector<std::future<void>> helpers;  // their exceptions come out of get()
    while (helpers.size() + 1 < std::min(wanted, chunks))
      helpers.push_back(std::async(std::launch::async, work));
    work();
    for (std::future<void>& helper : helpers) helper.get();
  }
  return joined(std::move(parts));
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
