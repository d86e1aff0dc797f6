#include "model/shapes/method_shapes.h"

#include <gtest/gtest.h>

#include <set>

namespace attempt::model {
namespace {

T5Config t5(std::int64_t d_model, std::int64_t heads, std::int64_t d_ff, std::int64_t layers) {
  T5Config config;
  config.vocab_size = 32128;
  config.d_model = d_model;
  config.d_kv = 64;
  config.num_heads = heads;
  config.d_ff = d_ff;
  config.num_layers = layers;
  config.num_decoder_layers = layers;
  return config;
}
const T5Config kSmall = t5(512, 8, 2048, 6);
const T5Config kBase = t5(768, 12, 3072, 12);
const T5Config kLarge = t5(1024, 16, 4096, 24);

std::int64_t count(const MethodOptions& options, const T5Config& config) {
  return trained_parameter_count(options, config);
}

// The specification's counts (method table) at T5-small, base and large.
TEST(MethodShapesTest, CountsAreThoseOfTheSpecification) {
  MethodOptions options;
  options.method = "fine_tuning";
  EXPECT_EQ(count(options, kSmall), 60'506'624);
  EXPECT_EQ(count(options, kBase), 222'903'552);
  EXPECT_EQ(count(options, kLarge), 737'668'096);
  options.method = "frozen";
  EXPECT_EQ(count(options, kBase), 0);
  for (const char* method : {"prompt_tuning", "spot"}) {
    options.method = method;
    EXPECT_EQ(count(options, kSmall), 51'200);
    EXPECT_EQ(count(options, kBase), 76'800);
    EXPECT_EQ(count(options, kLarge), 102'400);
  }
  options.method = "attempt";
  EXPECT_EQ(count(options, kSmall), 154'624);
  EXPECT_EQ(count(options, kBase), 231'936);
  EXPECT_EQ(count(options, kLarge), 309'248);
}

TEST(MethodShapesTest, OptionsOfAttemptLeaveOutWhatTheyDoNotTrain) {
  MethodOptions options;
  options.method = "attempt";
  options.attention = AttentionKind::kConstant;
  EXPECT_EQ(count(options, kBase), 76'800);
  options.attention = AttentionKind::kSub;
  options.target = TargetUse::kNone;
  EXPECT_EQ(count(options, kBase), 155'136);
  options.target = TargetUse::kAddAndMix;
  options.g_layer_norm_trained = false;
  EXPECT_EQ(count(options, kBase), 230'400);
}

TEST(MethodShapesTest, GatedUntiedBackbonesCountTheirOwnTensors) {
  T5Config config = t5(512, 6, 1024, 8);  // v1.1-small
  config.is_gated = true;
  config.tie_word_embeddings = false;
  MethodOptions options;
  options.method = "fine_tuning";
  EXPECT_EQ(count(options, config), 76'961'152);  // transformers: T5ForConditionalGeneration
}

TEST(MethodShapesTest, NamesAreUniqueAndUnknownMethodsRefused) {
  for (const std::string& id : method_ids()) {
    MethodOptions options;
    options.method = id;
    std::set<std::string> names;
    for (const TensorShape& shape : trained_shapes(options, kSmall)) {
      EXPECT_TRUE(names.insert(shape.name).second) << shape.name;
    }
  }
  MethodOptions options;
  options.method = "unheard_of";
  EXPECT_THROW(trained_shapes(options, kSmall), std::invalid_argument);
}

}  // namespace
}  // namespace attempt::model
