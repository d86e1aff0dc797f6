#include <gmock/gmock.h>

#include "tests/runner/sweep/sample_study.h"

/// compat = "authors" for methods, line by line: methods.md section 8. The form of AdamW and its
/// eps stand in optimizers_test, the data rules in tests/datasets.
namespace attempt::sweep::test {
namespace {

using testing::HasSubstr;

const std::string kStudy = R"(
[sources]
tasks = ["sst2", "mnli"]
[targets]
tasks = ["cb"]
methods = ["prompt_tuning", "adapter", "spot", "attempt"]
[train]
allow_warmup_only = true
)";

TrialSpec spec_of(const std::string& method, const std::vector<std::string>& set,
                  const std::string& compat = "authors") {
  std::vector<std::string> all = {"data.compat=" + compat};
  all.insert(all.end(), set.begin(), set.end());
  return trials_of(plan_of(kStudy, all), "target", method).at(0)->spec;
}

TEST(AuthorsTest, PromptsStartFromNoise) {
  EXPECT_EQ(spec_of("prompt_tuning", {}).method_options.init, model::PromptInit::kUnitNormal);
  EXPECT_EQ(spec_of("prompt_tuning", {}, "published").method_options.init,
            model::PromptInit::kSampledVocab);
}

TEST(AuthorsTest, WarmsUpFor500Steps) {
  EXPECT_EQ(spec_of("attempt", {}).train.optimizer.warmup_steps, 500);
  EXPECT_EQ(spec_of("attempt", {}, "corrected").train.optimizer.warmup_steps, 10);
}

TEST(AuthorsTest, PaddingTakesPartInThePooling) {
  const TrialSpec authors = spec_of("attempt", {});
  EXPECT_EQ(authors.method_options.pooling, model::Pooling::kAll);
  EXPECT_EQ(authors.data.rules.pad_to, datasets::Rule::kAuthors);
  const TrialSpec corrected = spec_of("attempt", {}, "corrected");
  EXPECT_EQ(corrected.method_options.pooling, model::Pooling::kMasked);
  EXPECT_EQ(corrected.data.rules.pad_to, datasets::Rule::kCorrected);
}

TEST(AuthorsTest, TheLayerNormOfGIsNotTrained) {
  EXPECT_FALSE(spec_of("attempt", {}).method_options.g_layer_norm_trained);
  EXPECT_EQ(spec_of("attempt", {}).trainable_parameters, 230400);
  EXPECT_EQ(spec_of("attempt", {}, "corrected").trainable_parameters, 231936);
}

TEST(AuthorsTest, GIsTestedWithAFreshLayerNormWhereThatDiffers) {
  const std::string trained = "method.attempt.g_layer_norm_trained=true";
  EXPECT_TRUE(spec_of("attempt", {trained}).method_options.g_reloads_fresh_norm);
  EXPECT_FALSE(spec_of("attempt", {trained, "method.attempt.g_reload=all"})
                   .method_options.g_reloads_fresh_norm);
  EXPECT_FALSE(spec_of("attempt", {}, "corrected").method_options.g_reloads_fresh_norm);
  EXPECT_TRUE(spec_of("attempt", {"method.attempt.g_reload=fresh_layer_norm"}, "corrected")
                  .method_options.g_reloads_fresh_norm);
}

TEST(AuthorsTest, AlignedCosinesAreWeightsAsTheyAre) {
  const std::vector<std::string> aligned = {"method.spot.choose=weighted_top_k",
                                            "method.spot.similarity=aligned_cosine"};
  const auto weighting = [](const std::vector<std::string>& settings, const char* compat) {
    return spec_of("spot", settings, compat).start_choice.weighting;
  };
  EXPECT_EQ(weighting(aligned, "authors"), SourceWeighting::kUnclipped);
  EXPECT_EQ(weighting(aligned, "corrected"), SourceWeighting::kProportional);
  EXPECT_EQ(weighting({aligned[0]}, "authors"), SourceWeighting::kProportional);
  EXPECT_EQ(weighting({aligned[0], aligned[1], "method.spot.weights=softmax"}, "authors"),
            SourceWeighting::kSoftmax);
}

TEST(AuthorsTest, APretrainedLayerNormIsTestedFreshThoughItIsNotTrained) {
  const std::string pretrained = "method.attempt.g_init=pretrained";
  EXPECT_FALSE(spec_of("attempt", {}).method_options.g_reloads_fresh_norm);  // it is fresh anyway
  EXPECT_TRUE(spec_of("attempt", {pretrained}).method_options.g_reloads_fresh_norm);
  EXPECT_FALSE(spec_of("attempt", {pretrained}).method_options.g_layer_norm_trained);
  EXPECT_FALSE(spec_of("attempt", {pretrained}, "corrected").method_options.g_reloads_fresh_norm);
}

TEST(AuthorsTest, GHasThePromptsRate) {
  const TrialSpec authors = spec_of("attempt", {"method.attempt.learning_rate=0.2"});
  EXPECT_DOUBLE_EQ(authors.train.optimizer.learning_rate_g, 0.2);
  const TrialSpec corrected = spec_of("attempt", {"method.attempt.learning_rate=0.2"}, "corrected");
  EXPECT_DOUBLE_EQ(corrected.train.optimizer.learning_rate_g, 0.3);
}

TEST(AuthorsTest, TwoRatesEndTheScheduleBeforeTraining) {
  // CB: 250 rows, 20 epochs of 8 batches, 160 steps; floor(250 * 20 / 32) = 156.
  const std::string other = "method.attempt.learning_rate_g=0.1";
  EXPECT_EQ(spec_of("attempt", {other}).train.optimizer.schedule_steps, 156);
  EXPECT_EQ(spec_of("attempt", {other}).train.total_steps, 160);
  EXPECT_EQ(spec_of("attempt", {}).train.optimizer.schedule_steps, 0);
  EXPECT_EQ(spec_of("attempt", {other}, "corrected").train.optimizer.schedule_steps, 0);
}

TEST(AuthorsTest, AScheduleThatEndsBeforeTrainingIsPartOfTheId) {
  const std::vector<std::string> by_hand = {"train.warmup_steps=500",
                                            "train.adamw_form=hf46",
                                            "method.attempt.pooling=all",
                                            "method.attempt.g_layer_norm_trained=false",
                                            "method.attempt.target_init=first",
                                            "method.prompt_tuning.init=unit_normal",
                                            "data.rules.decode.cleanup=authors",
                                            "data.rules.decode.reference=authors",
                                            "data.rules.generate.max_new_tokens=authors",
                                            "data.rules.pad.to=authors"};
  const auto ids_are_equal = [&](const std::string& rate) {
    std::vector<std::string> same = by_hand;
    same.push_back(rate);
    return spec_of("attempt", {rate}).trial_id == spec_of("attempt", same, "corrected").trial_id;
  };
  EXPECT_TRUE(ids_are_equal("method.attempt.learning_rate_g=0.3"));
  EXPECT_FALSE(ids_are_equal("method.attempt.learning_rate_g=0.1"));
}

TEST(AuthorsTest, TargetsStartFromTheFirstListedSource) {
  EXPECT_EQ(spec_of("attempt", {}).method_options.start_source, "sst2");
  EXPECT_EQ(spec_of("attempt", {}, "corrected").method_options.start_source, "mnli");
}

TEST(AuthorsTest, AdaptersDoNotSeeTheTasksName) {
  EXPECT_FALSE(spec_of("adapter", {}).tasks[0].add_prefix);
  EXPECT_TRUE(spec_of("attempt", {}).tasks[0].add_prefix);
  EXPECT_TRUE(spec_of("adapter", {}, "corrected").tasks[0].add_prefix);
  EXPECT_FALSE(
      spec_of("adapter", {"data.rules.prefix.adapter=authors"}, "corrected").tasks[0].add_prefix);
  EXPECT_TRUE(spec_of("adapter", {"task.cb.add_prefix=true"}).tasks[0].add_prefix);
}

TEST(AuthorsTest, AdamWHasItsOldForm) {
  EXPECT_EQ(spec_of("attempt", {}).train.optimizer.adamw_form, "hf46");
  EXPECT_EQ(spec_of("attempt", {}, "corrected").train.optimizer.adamw_form, "torch");
}

TEST(AuthorsTest, GeneratesNineteenTokens) {
  EXPECT_EQ(spec_of("attempt", {}).tasks[0].max_new_tokens, 19);
  EXPECT_EQ(spec_of("attempt", {}, "corrected").tasks[0].max_new_tokens, 3);
}

TEST(AuthorsTest, SpotReads128Tokens) {
  EXPECT_EQ(spec_of("spot", {}).tasks[0].max_source_length, 128);
  EXPECT_EQ(spec_of("attempt", {}).tasks[0].max_source_length, 256);
}

}  // namespace
}  // namespace attempt::sweep::test
