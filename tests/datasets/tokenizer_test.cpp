#include "datasets/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "datasets/data_error.h"
#include "datasets/unigram_segmenter.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

using Ids = std::vector<std::int32_t>;

TEST(TokenizerTest, IdsAndDecodedTextEqualTheReferenceOnEveryLine) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const Tokenizer tokenizer(shared / "data/tokenizer/spiece.model");
  const auto golden =
      nlohmann::json::parse(test::read_file(shared / "goldens/tokenizer_cases.json"));
  for (const nlohmann::json& item : golden["cases"]) {
    const auto text = item["text"].get<std::string>();
    Ids ids = tokenizer.encode(text, SpecialTokens::kSplitOut);
    EXPECT_EQ(tokenizer.encode(text, SpecialTokens::kSplitOut), ids) << text;  // of known words
    if (ids.empty() || ids.back() != kEosId) ids.push_back(kEosId);  // as transformers' tokenizer
    EXPECT_EQ(ids, item["ids"].get<Ids>()) << text;
    EXPECT_EQ(tokenizer.decode(ids), item["decoded"].get<std::string>()) << text;
  }
  for (const nlohmann::json& item : golden["decode_only"]) {
    EXPECT_EQ(tokenizer.decode(item["ids"].get<Ids>()), item["decoded"].get<std::string>());
  }
  for (const nlohmann::json& item : golden["truncation"]) {
    const Ids ids = tokenizer.encode(item["text"].get<std::string>(), SpecialTokens::kSplitOut);
    EXPECT_EQ(truncate_with_eos(ids, item["max_length"]), item["ids"].get<Ids>());
  }
}

TEST(TokenizerTest, SpecialTokensInDataArePlainText) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const Tokenizer tokenizer(shared / "data/tokenizer/spiece.model");
  for (const std::int32_t id : tokenizer.encode("a <extra_id_0> b </s>")) {
    EXPECT_LT(id, 32000);
    EXPECT_NE(id, kEosId);
  }
}

TEST(TokenizerTest, RefusesFilesThatAreNoModel) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "spiece.model", "no model");
  EXPECT_THROW(Tokenizer(folder / "spiece.model"), DataError);
  EXPECT_THROW(Tokenizer(folder / "absent.model"), DataError);
}

TEST(TokenizerTest, RefusesPiecesThatAreNoTextAndSpecialTokensElsewhere) {
  const auto corpus = test::source_folder() / "tests/fuzz/corpus/spiece";
  EXPECT_NO_THROW(Tokenizer(corpus / "plain"));
  EXPECT_THROW(Tokenizer(corpus / "found_piece_not_utf8"), DataError);
  EXPECT_THROW(Tokenizer(corpus / "found_unknown_token_elsewhere"), DataError);
}

TEST(TokenizerTest, NoDamagedModelIsFollowedBeyondItsEnd) {
  const std::string whole =
      test::read_file(test::source_folder() / "tests/fuzz/corpus/spiece/normalised");
  const test::TemporaryFolder folder;
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x80);
    test::write_file(folder / "spiece.model", damaged);
    try {
      Tokenizer(folder / "spiece.model").encode("a sea \xEF\xBC\xA1");
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused, static_cast<int>(whole.size()));
}

TEST(TruncateWithEosTest, KeepsRoomForTheEndToken) {
  EXPECT_EQ(truncate_with_eos(Ids{5, 6, 7}, 3), (Ids{5, 6, 1}));
  EXPECT_EQ(truncate_with_eos(Ids{5, 6}, 3), (Ids{5, 6, 1}));
  EXPECT_EQ(truncate_with_eos(Ids{}, 3), (Ids{1}));
}

TEST(HasRepetitionTest, IsAPeriodOverMoreThanTwiceItself) {
  EXPECT_TRUE(has_repetition("mmm"));
  EXPECT_FALSE(has_repetition("mm"));
  EXPECT_TRUE(has_repetition("xababay"));
  EXPECT_FALSE(has_repetition("xababy"));
  EXPECT_FALSE(has_repetition(""));
}

/// The definition, place by place.
bool repeats_somewhere(const std::string& text) {
  for (std::size_t period = 1; period <= 16; ++period) {
    std::size_t equal = 0;
    for (std::size_t i = period; i < text.size(); ++i) {
      equal = text[i] == text[i - period] ? equal + 1 : 0;
      if (equal > period) return true;
    }
  }
  return false;
}

TEST(HasRepetitionTest, FollowsItsDefinition) {
  std::mt19937 engine(1);
  int repeating = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(engine() % 40, ' ');
    for (char& c : text) c = static_cast<char>('a' + engine() % (2 + round % 12));
    if (round % 3 == 0) text += text.substr(text.size() / 2) + text.substr(text.size() / 2);
    EXPECT_EQ(has_repetition(text), repeats_somewhere(text)) << text;
    repeating += has_repetition(text) ? 1 : 0;
  }
  EXPECT_GT(repeating, 1000);
  EXPECT_LT(repeating, 19'000);
}

}  // namespace
}  // namespace attempt::datasets
