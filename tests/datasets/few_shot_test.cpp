#include "datasets/few_shot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/batches.h"
#include "datasets/data_error.h"

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

/// A split that knows targets only.
class Targets : public TokenizedSplit {
 public:
  explicit Targets(std::vector<std::string> targets) : targets_(std::move(targets)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
  std::span<const std::int32_t> source_ids(std::int64_t) const override { return {}; }
  std::span<const std::int32_t> target_ids(std::int64_t) const override { return {}; }
  Example example(std::int64_t index) const override {
    Example example;
    example.target = targets_.at(static_cast<std::size_t>(index));
    example.row = 100 + index;
    return example;
  }

 private:
  std::vector<std::string> targets_;
};

/// RTE: three rows of class 0 (0, 4, 7), seven of class 1.
const Targets& rte_rows() {
  static const Targets kRows({"0", "1", "1", "1", "0", "1", "1", "0", "1", "1"});
  return kRows;
}

std::vector<std::int64_t> rows(std::int64_t k, FewShotMode mode, std::uint64_t draw) {
  return few_shot_rows(find_task("rte"), rte_rows(), {k, mode, draw});
}

// torch.randperm(10) with the generator seeded 1: 5 6 1 2 0 8 9 3 7 4; 2: 8 7 1 5 6 9 0 4 2 3;
// 42: 2 6 1 8 4 5 0 9 3 7.
TEST(FewShotTest, BalancedWalksTheDrawAndFillsUpWithWhatIsLeft) {
  EXPECT_THAT(rows(4, FewShotMode::kBalanced, 1), ElementsAre(5, 6, 0, 7));
  EXPECT_THAT(rows(5, FewShotMode::kBalanced, 1), ElementsAre(5, 6, 0, 7, 1));
  EXPECT_THAT(rows(8, FewShotMode::kBalanced, 1), ElementsAre(5, 6, 1, 2, 0, 7, 4, 8));
}

TEST(FewShotTest, EveryDrawIsAnother) {
  EXPECT_THAT(rows(4, FewShotMode::kBalanced, 2), ElementsAre(8, 7, 1, 0));
}

TEST(FewShotTest, PerClassTakesAsManyOfEach) {
  EXPECT_THAT(rows(2, FewShotMode::kPerClass, 1), ElementsAre(5, 6, 0, 7));
  EXPECT_THAT([] { rows(4, FewShotMode::kPerClass, 1); },
              ThrowsMessage<DataError>(HasSubstr("a class with fewer than 4 rows")));
}

TEST(FewShotTest, FirstOverallDrawIsThePublishedCap) {
  EXPECT_THAT(rows(3, FewShotMode::kOverall, 1), ElementsAre(2, 6, 1));
  EXPECT_THAT(rows(3, FewShotMode::kOverall, 2), ElementsAre(8, 7, 1));
  const Targets sentences(std::vector<std::string>(10, "1"));
  EXPECT_THAT(few_shot_rows(find_task("sst2"), sentences, {3, FewShotMode::kOverall, 1}),
              ElementsAre(0, 1, 2));
}

TEST(FewShotTest, SplitsScoresInTheMiddle) {
  const Targets scores({"2.4", "2.6", "5.0", "2.6", "2.6", "0.0"});
  const std::vector<std::int64_t> drawn =
      few_shot_rows(find_task("stsb"), scores, {4, FewShotMode::kBalanced, 1});
  EXPECT_THAT(drawn, SizeIs(4));
  EXPECT_THAT(drawn, testing::IsSupersetOf({0, 5}));
}

TEST(FewShotTest, CountsWhatItWillDraw) {
  const Task& mnli = find_task("mnli");
  EXPECT_EQ(few_shot_count(mnli, {4, FewShotMode::kBalanced, 1}, 1000), 4);
  EXPECT_EQ(few_shot_count(mnli, {4, FewShotMode::kPerClass, 1}, 1000), 12);
  EXPECT_EQ(few_shot_count(mnli, {4, FewShotMode::kOverall, 1}, 3), 3);
}

TEST(FewShotTest, NeedsEnoughRows) {
  EXPECT_THAT([] { rows(11, FewShotMode::kOverall, 1); },
              ThrowsMessage<DataError>(HasSubstr("rte has 10 rows to draw 11 from")));
}

TEST(FewShotTest, KeptRowsAreASplit) {
  const auto kept = rows_of_split(std::make_shared<Targets>(rte_rows()), {7, 2});
  EXPECT_EQ(kept->size(), 2);
  EXPECT_EQ(kept->example(0).row, 107);
  EXPECT_EQ(kept->example(1).target, "1");
}

}  // namespace
}  // namespace attempt::datasets
