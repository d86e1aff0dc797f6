#include "datasets/plain_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace attempt::datasets {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Le;

/// "word" for a plain word, "[words]" for a part that is none.
std::vector<std::string> parts(std::string_view text) {
  std::vector<std::string> shown;
  for (const TextPart& part : split_plain_words(text)) {
    const std::string words(part.text);
    shown.push_back(part.is_plain_word ? words : "[" + words + "]");
  }
  return shown;
}

TEST(PlainWordsTest, AreCutAtSpaces) {
  EXPECT_THAT(parts("  the sea,  calm "), ElementsAre("the", "sea,", "calm"));
  EXPECT_THAT(parts("sea"), ElementsAre("sea"));
  EXPECT_THAT(parts(""), ElementsAre());
  EXPECT_THAT(parts("   "), ElementsAre());
}

TEST(PlainWordsTest, WhatNormalisationMayChangeStaysTogetherWithTheWordBefore) {
  EXPECT_THAT(parts("a b c\xC3\xA9 d e"), ElementsAre("a", "b", "[c\xC3\xA9]", "d", "e"));
  EXPECT_THAT(parts("a b \xCC\x81z  \xC3\xA9 d"), ElementsAre("a", "[b \xCC\x81z  \xC3\xA9]", "d"));
  EXPECT_THAT(parts("a\tb c"), ElementsAre("[a\tb]", "c"));
  EXPECT_THAT(parts("x \xC2\xA0"), ElementsAre("[x \xC2\xA0]"));
}

TEST(WordIdsTest, KeepsShortWordsUpToALimit) {
  WordIds words;
  std::vector<std::int32_t> ids = {7};
  EXPECT_FALSE(words.append("sea", ids));
  words.keep("sea", std::vector<std::int32_t>{3, 4});
  EXPECT_TRUE(words.append("sea", ids));
  EXPECT_THAT(ids, ElementsAre(7, 3, 4));
  const std::string longer(WordIds::kLongestWord + 1, 'x');
  words.keep(longer, ids);
  EXPECT_FALSE(words.append(longer, ids));

  std::size_t kept = 0;
  for (std::size_t i = 0; i < 2 * WordIds::kMostWords; ++i) {
    words.keep(std::to_string(i), {});
    kept += words.append(std::to_string(i), ids) ? 1 : 0;
  }
  EXPECT_TRUE(words.append("0", ids));
  EXPECT_THAT(kept, AllOf(Gt(WordIds::kMostWords / 2), Le(WordIds::kMostWords)));
}

}  // namespace
}  // namespace attempt::datasets
