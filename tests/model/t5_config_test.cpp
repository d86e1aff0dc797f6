#include "model/shapes/t5_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/shapes/model_error.h"
#include "tests/support/test_support.h"

namespace attempt::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

/// What the first T5 files say, and no more.
Json old_t5_small() {
  return {{"model_type", "t5"}, {"vocab_size", 32128},
          {"d_model", 512},     {"d_kv", 64},
          {"num_heads", 8},     {"d_ff", 2048},
          {"num_layers", 6},    {"relative_attention_num_buckets", 32}};
}

class T5ConfigTest : public ::testing::Test {
 protected:
  T5Config read(const Json& json) {
    test::write_file(folder_ / "config.json", json.dump());
    return read_t5_config(folder_.path());
  }
  std::string refusal(const char* key, const Json& value) {
    Json json = old_t5_small();
    json[key] = value;
    try {
      read(json);
      return "was read";
    } catch (const ModelError& error) {
      return error.what();
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(T5ConfigTest, OldFilesMeanVersionOne) {
  const T5Config config = read(old_t5_small());
  EXPECT_EQ(config.num_decoder_layers, 6);
  EXPECT_EQ(config.relative_attention_max_distance, 128);
  EXPECT_FALSE(config.is_gated);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_EQ(config.decoder_start_token_id, 0);
  EXPECT_DOUBLE_EQ(config.layer_norm_epsilon, 1e-6);
}

TEST_F(T5ConfigTest, ReadsVersionOnePointOne) {
  Json json = old_t5_small();
  json["feed_forward_proj"] = "gated-gelu";
  json["tie_word_embeddings"] = false;
  json["num_heads"] = 6;
  const T5Config config = read(json);
  EXPECT_TRUE(config.is_gated);
  EXPECT_FALSE(config.tie_word_embeddings);

  json["tie_word_embeddings"] = true;  // as transformers 5 saves the same model
  json["scale_decoder_outputs"] = false;
  EXPECT_FALSE(read(json).tie_word_embeddings);
  json.erase("scale_decoder_outputs");
  json["model_type"] = "mt5";
  EXPECT_FALSE(read(json).tie_word_embeddings);
  EXPECT_EQ(config.inner_dim(), 384);
}

TEST_F(T5ConfigTest, ImpossibleValuesNameFileKeyExpectedAndFound) {
  EXPECT_THAT(refusal("d_model", -4),
              AllOf(HasSubstr("config.json: key 'd_model' is -4"), HasSubstr("positive")));
  EXPECT_THAT(refusal("d_model", 18446744073709551615U), HasSubstr("positive whole number"));
  EXPECT_THAT(refusal("d_ff", "2048"), HasSubstr("'d_ff' is \"2048\""));
  EXPECT_THAT(refusal("num_layers", nullptr), HasSubstr("'num_layers' is null"));
  EXPECT_THAT(refusal("dropout_rate", 1.0), HasSubstr("from 0 to below 1"));
  EXPECT_THAT(refusal("layer_norm_epsilon", 0), HasSubstr("above 0"));
  EXPECT_THAT(refusal("model_type", "bert"), HasSubstr("'model_type' is \"bert\""));
  EXPECT_THAT(refusal("feed_forward_proj", "gated-silu"), HasSubstr("gated-gelu"));
  EXPECT_THAT(refusal("eos_token_id", 32128), HasSubstr("special token ids"));
  EXPECT_THAT(refusal("relative_attention_num_buckets", 30), HasSubstr("multiple of 4"));
  EXPECT_THAT(refusal("tie_word_embeddings", 1), HasSubstr("true or false"));
}

TEST_F(T5ConfigTest, MissingKeysAndFilesAreNamed) {
  Json json = old_t5_small();
  json.erase("d_kv");
  EXPECT_THROW(
      {
        try {
          read(json);
        } catch (const ModelError& error) {
          EXPECT_THAT(error.what(), HasSubstr("key 'd_kv' is missing"));
          throw;
        }
      },
      ModelError);
  // A key that is left out and impossible together with another.
  json = old_t5_small();
  json.erase("relative_attention_num_buckets");
  json["relative_attention_max_distance"] = 16;
  EXPECT_THROW(read(json), ModelError);
  test::write_file(folder_ / "config.json", "{");
  EXPECT_THROW(read_t5_config(folder_.path()), ModelError);
  EXPECT_THROW(read_t5_config(folder_ / "nowhere"), ModelError);
}

}  // namespace
}  // namespace attempt::model
