#include "runner/train/prediction_text.h"

#include <gtest/gtest.h>

#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

TEST(PredictionTextTest, CleansUpSpacesInTheOrderOfTheLibrary) {
  EXPECT_EQ(clean_up_spaces("do n't stop , it 's fine . Is it ? we 've won !"),
            "don't stop, it's fine. Is it? we've won!");
  EXPECT_EQ(clean_up_spaces("the dogs ' bone"), "the dogs'bone");
  EXPECT_EQ(clean_up_spaces(""), "");
}

TEST(PredictionTextTest, DropsSpecialIdsAndTrims) {
  const attempt::test::TinyWorld world;
  const datasets::Tokenizer tokenizer(world.folder() / "spiece.model");
  std::vector<std::int32_t> ids = tokenizer.encode("the river .");
  ids.insert(ids.begin(), datasets::kPadId);
  ids.push_back(datasets::kEosId);
  ids.push_back(datasets::kPadId);
  datasets::DataRules rules;

  EXPECT_EQ(prediction_text(tokenizer, ids, rules), "the river .");
  rules.decode_cleanup = datasets::Rule::kAuthors;
  EXPECT_EQ(prediction_text(tokenizer, ids, rules), "the river.");
}

}  // namespace
}  // namespace attempt::train
