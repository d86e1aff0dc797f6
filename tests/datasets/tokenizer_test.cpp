#include "datasets/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "datasets/data_error.h"
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

TEST(TruncateWithEosTest, KeepsRoomForTheEndToken) {
  EXPECT_EQ(truncate_with_eos(Ids{5, 6, 7}, 3), (Ids{5, 6, 1}));
  EXPECT_EQ(truncate_with_eos(Ids{5, 6}, 3), (Ids{5, 6, 1}));
  EXPECT_EQ(truncate_with_eos(Ids{}, 3), (Ids{1}));
}

}  // namespace
}  // namespace attempt::datasets
