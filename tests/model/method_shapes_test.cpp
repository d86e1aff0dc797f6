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

// The specification's counts at eight tasks.
TEST(MethodShapesTest, MultiTaskFormsCountTheTensorsOfEveryTask) {
  MethodOptions options;
  options.tasks = {"mnli", "qnli", "qqp", "sst2", "stsb", "mrpc", "rte", "cola"};
  options.mixed_sources = {"mnli", "qnli", "qqp", "sst2", "squad", "record"};
  const auto expect = [&](const std::string& method, std::int64_t small, std::int64_t base,
                          std::int64_t large) {
    options.method = method;
    EXPECT_EQ(count(options, kSmall), small) << method;
    EXPECT_EQ(count(options, kBase), base) << method;
    EXPECT_EQ(count(options, kLarge), large) << method;
  };
  expect("adapter_m", 3'263'488, 14'507'520, 51'267'584);
  expect("hyperformer", 2'415'776, 5'211'056, 9'118'144);
  expect("attempt_m", 513'024, 769'536, 1'026'048);
  expect("fine_tuning_m", 60'506'624, 222'903'552, 737'668'096);
  expect("bitfit_m", 115'072, 280'960, 695'680);
  expect("lora_m", 294'912, 884'736, 2'359'296);
  expect("ia3_m", 43'008, 129'024, 344'064);
  expect("prompt_tuning_m", 51'200, 76'800, 102'400);
  expect("prefix_tuning_m", 10'274'304, 29'594'112, 77'280'768);
  expect("p_tuning_v2_m", 368'640, 1'105'920, 2'949'120);
}

// What a trial file keeps: encoders are folded away.
TEST(MethodShapesTest, SavedCountsAreThoseOfTheSpecification) {
  MethodOptions options;
  const auto saved = [&] { return count(folded_options(options), kBase); };
  options.method = "prefix_tuning";
  EXPECT_EQ(saved(), 1'105'920);
  options.prefix_layout = PrefixLayout::kPeft;
  options.prefix_length = 100;
  EXPECT_EQ(saved(), 1'843'200);
  options = {};
  options.prompt_encoder = PromptEncoderKind::kLstm;
  for (const char* method : {"p_tuning", "p_tuning_m", "prompt_tuning"}) {
    options.method = method;
    EXPECT_EQ(saved(), 76'800) << method;
  }
  options.method = "attempt";
  EXPECT_EQ(saved(), 231'936);
}

TEST(MethodShapesTest, LinearHeadAddsARowAClass) {
  MethodOptions options;
  options.method = "p_tuning_v2";
  options.head = PredictionHead::kLinear;
  options.classes = 3;
  EXPECT_EQ(count(options, kBase), 1'105'920 + 3 * 768 + 3);
}

TEST(MethodShapesTest, TellsMultiTaskMethodsFromOthers) {
  for (const std::string& id : method_ids()) {
    EXPECT_EQ(is_multi_task(id), id.ends_with("_m") || id == "hyperformer") << id;
  }
  EXPECT_EQ(single_task_form("attempt_m"), "attempt");
  EXPECT_EQ(single_task_form("adapter_drop_m"), "adapter_drop_m");  // there is no such form
  EXPECT_FALSE(is_multi_task("spot_m"));
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
