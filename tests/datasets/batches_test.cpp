#include "datasets/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/token_arrays.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;

/// Two examples: source [5, 6, 7] target [9]; source [8] target [4, 3, 2].
std::shared_ptr<const TokenizedSplit> two_examples() {
  auto arrays = std::make_shared<TokenArrays>();
  arrays->source_ids = {5, 6, 7, 8};
  arrays->source_offsets = {0, 3, 4};
  arrays->target_ids = {9, 4, 3, 2};
  arrays->target_offsets = {0, 1, 4};
  arrays->records = R"(["a","x",["x"],"",0]["b","y",["y","z"],"g",7])";
  arrays->record_offsets = {0, 20, static_cast<std::int64_t>(arrays->records.size())};
  return make_split(views_of(*arrays), arrays);
}

TEST(CollateTest, PadsToTheLongestRowAndEndsEveryRow) {
  const std::vector<std::int64_t> rows = {0, 1};
  const TokenBatch batch =
      collate(*two_examples(), rows, {.max_source_length = 10, .max_target_length = 10});
  EXPECT_EQ(batch.source_length, 4);
  EXPECT_THAT(batch.input_ids, ElementsAre(5, 6, 7, 1, 8, 1, 0, 0));
  EXPECT_THAT(batch.attention_mask, ElementsAre(1, 1, 1, 1, 1, 1, 0, 0));
  EXPECT_THAT(batch.labels, ElementsAre(9, 1, -100, -100, 4, 3, 2, 1));
  EXPECT_EQ(batch.truncated_sources, 0);
}

TEST(CollateTest, TruncatesBeforeTheEndTokenAndCounts) {
  const std::vector<std::int64_t> rows = {0};
  const TokenBatch batch =
      collate(*two_examples(), rows, {.max_source_length = 3, .max_target_length = 3});
  EXPECT_THAT(batch.input_ids, ElementsAre(5, 6, 1));
  EXPECT_EQ(batch.truncated_sources, 1);
}

TEST(CollateTest, RoundsTheLengthUpToAMultiple) {
  const std::vector<std::int64_t> rows = {0, 1};
  const TokenBatch batch =
      collate(*two_examples(), rows,
              {.max_source_length = 10, .max_target_length = 10, .source_multiple = 3});
  EXPECT_EQ(batch.source_length, 6);
  EXPECT_THAT(batch.attention_mask, ElementsAre(1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0));
}

TEST(CollateTest, PadsToTheMaximumWhenAsked) {
  const std::vector<std::int64_t> rows = {1};
  const TokenBatch batch =
      collate(*two_examples(), rows,
              {.max_source_length = 6, .max_target_length = 3, .pad_to_max_source = true});
  EXPECT_THAT(batch.input_ids, ElementsAre(8, 1, 0, 0, 0, 0));
}

TEST(TokenizedSplitTest, GivesTheTextsOfAnExampleAndRefusesOthers) {
  const auto split = two_examples();
  const Example example = split->example(1);
  EXPECT_EQ(example.id, "b");
  EXPECT_THAT(example.references, ElementsAre("y", "z"));
  EXPECT_EQ(example.row, 7);
  EXPECT_THROW(split->source_ids(2), std::out_of_range);
  EXPECT_THROW(split->source_ids(-1), std::out_of_range);
}

TEST(PermutationTest, EqualsTorchRandpermOnTheCpu) {
  const auto golden =
      nlohmann::json::parse(test::read_file(test::source_folder() / "tests/goldens/splits.json"));
  for (const nlohmann::json& item : golden["cases"]) {
    const std::vector<std::int64_t> order = permutation(item["n"], item["seed"]);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i)
      sum += (i + 1) * static_cast<std::uint64_t>(order[i]);
    EXPECT_EQ(std::to_string(sum), item["weighted_sum_mod_2_64"].get<std::string>())
        << "n = " << item["n"];
    if (item.contains("permutation")) {
      EXPECT_EQ(order, item["permutation"].get<std::vector<std::int64_t>>());
    }
  }
}

TEST(TrainOrderTest, EveryEpochVisitsEachExampleOnceInItsOwnOrder) {
  TrainOrder order(10, 4, 7, /*shuffle=*/true);
  EXPECT_EQ(order.steps_per_epoch(), 3);
  std::vector<std::vector<std::int64_t>> epochs;
  for (int epoch = 0; epoch < 2; ++epoch) {
    std::vector<std::int64_t> seen;
    for (int step = 0; step < 3; ++step) {
      for (const std::int64_t example : order.batch(epoch * 3 + step)) seen.push_back(example);
    }
    EXPECT_EQ(std::set<std::int64_t>(seen.begin(), seen.end()).size(), 10U);
    epochs.push_back(seen);
  }
  EXPECT_NE(epochs[0], epochs[1]);
}

TEST(TrainOrderTest, AnyStepCanBeAskedForFirst) {
  TrainOrder continuous(10, 4, 7, /*shuffle=*/true);
  for (int step = 0; step < 5; ++step) continuous.batch(step);
  TrainOrder resumed(10, 4, 7, /*shuffle=*/true);
  EXPECT_EQ(resumed.batch(5), continuous.batch(5));
}

/// Lengths 1 to 40 in no order that a permutation knows of.
std::vector<std::int32_t> mixed_lengths(std::int64_t examples) {
  std::vector<std::int32_t> lengths;
  for (std::int64_t i = 0; i < examples; ++i)
    lengths.push_back(static_cast<std::int32_t>(1 + i * 7919 % 40));
  return lengths;
}

TEST(LengthBucketsTest, EveryEpochVisitsEachExampleOnceInItsOwnOrder) {
  TrainOrder order(1003, 10, 7, /*shuffle=*/true, mixed_lengths(1003));
  std::vector<std::vector<std::int64_t>> epochs(2);
  for (std::int64_t step = 0; step < 2 * order.steps_per_epoch(); ++step) {
    auto& epoch = epochs[static_cast<std::size_t>(step / order.steps_per_epoch())];
    for (const std::int64_t example : order.batch(step)) epoch.push_back(example);
  }
  for (const auto& epoch : epochs) {
    EXPECT_EQ(epoch.size(), 1003U);
    EXPECT_EQ(std::set<std::int64_t>(epoch.begin(), epoch.end()).size(), 1003U);
  }
  EXPECT_NE(epochs[0], epochs[1]);
}

TEST(LengthBucketsTest, ABatchHoldsLikeLengthsAndBatchesComeInNoOrderOfLength) {
  const std::vector<std::int32_t> lengths = mixed_lengths(640);
  TrainOrder order(640, 10, 7, /*shuffle=*/true, lengths);
  std::vector<std::int32_t> longest;
  for (std::int64_t step = 0; step < order.steps_per_epoch(); ++step) {
    std::set<std::int32_t> seen;
    for (const std::int64_t example : order.batch(step))
      seen.insert(lengths[static_cast<std::size_t>(example)]);
    EXPECT_LE(*seen.rbegin() - *seen.begin(), 1);  // 16 examples of each length in one window
    longest.push_back(*seen.rbegin());
  }
  EXPECT_FALSE(std::is_sorted(longest.begin(), longest.end()));
}

TEST(LengthBucketsTest, AnyStepCanBeAskedForFirstAndAnotherSeedGivesAnotherOrder) {
  TrainOrder continuous(1003, 10, 7, /*shuffle=*/true, mixed_lengths(1003));
  for (int step = 0; step < 150; ++step) continuous.batch(step);
  TrainOrder resumed(1003, 10, 7, /*shuffle=*/true, mixed_lengths(1003));
  EXPECT_EQ(resumed.batch(150), continuous.batch(150));
  TrainOrder other(1003, 10, 8, /*shuffle=*/true, mixed_lengths(1003));
  EXPECT_NE(other.batch(150), continuous.batch(150));
}

TEST(LikeLengthBatchesTest, ABatchEndsWhenItIsFullOrWhenRowsGetMuchShorter) {
  const std::vector<std::size_t> lengths = {100, 99, 95, 91, 89, 50, 50, 50, 50, 50, 50, 50, 50, 9};
  // 4 rows like 100; 89 opens a batch, which takes 50 in because it has fewer than 2 rows.
  EXPECT_THAT(like_length_batches(lengths, 8), ElementsAre(4, 6, 13, 14));
  EXPECT_THAT(like_length_batches(lengths, 1).size(), lengths.size());
  EXPECT_THAT(like_length_batches({}, 8), ElementsAre());
}

TEST(TrainOrderTest, WithoutShufflingTheFileOrderStays) {
  TrainOrder order(5, 2, 7, /*shuffle=*/false);
  EXPECT_THAT(order.batch(0), ElementsAre(0, 1));
  EXPECT_THAT(order.batch(2), ElementsAre(4));
  EXPECT_THAT(order.batch(3), ElementsAre(0, 1));
}

}  // namespace
}  // namespace attempt::datasets
