#include "model/prompt_init.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "model/shapes/model_error.h"

namespace attempt::model {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kWidth = 4;

/// A backbone whose row i of the embedding holds the number i.
T5 counting_backbone(std::int64_t vocab_size) {
  T5 t5;
  t5.config.vocab_size = vocab_size;
  t5.config.d_model = kWidth;
  t5.device = at::kCPU;
  t5.shared = at::arange(vocab_size, at::kFloat).unsqueeze(1).repeat({1, kWidth});
  return t5;
}

class PromptInitTest : public ::testing::Test {
 protected:
  PromptInitTest() {
    inputs_.backbone = &t5_;
    inputs_.options.prompt_length = 6;
    inputs_.init_seed = 7;
  }
  /// First column: with sampled rows, the ids they came from.
  std::vector<float> rows() {
    const at::Tensor prompt = initial_prompt(inputs_).contiguous();
    EXPECT_EQ(prompt.sizes(), (at::IntArrayRef{6, kWidth}));
    std::vector<float> ids;
    for (std::int64_t i = 0; i < 6; ++i) ids.push_back(prompt[i][0].item<float>());
    return ids;
  }
  std::string refusal() {
    try {
      initial_prompt(inputs_);
      return "was taken";
    } catch (const ModelError& error) {
      return error.what();
    }
  }

  T5 t5_ = counting_backbone(9000);
  MethodInputs inputs_;
};

TEST_F(PromptInitTest, SampledVocabularyTakesDistinctFrequentWords) {
  inputs_.options.init = PromptInit::kSampledVocab;
  const std::vector<float> ids = rows();
  EXPECT_EQ(std::set<float>(ids.begin(), ids.end()).size(), 6U);
  for (const float id : ids) {
    EXPECT_GE(id, 3);     // no pad, end or unknown
    EXPECT_LT(id, 5000);  // Lester et al. 2021
  }
  EXPECT_EQ(rows(), ids);
  inputs_.init_seed = 8;
  EXPECT_NE(rows(), ids);
}

TEST_F(PromptInitTest, SmallVocabulariesRepeatTheirWords) {
  t5_ = counting_backbone(5);
  for (const float id : rows()) EXPECT_THAT(id, ::testing::AnyOf(3, 4));
}

TEST_F(PromptInitTest, TextRowsComeFirstAndTheRestIsSampled) {
  inputs_.options.init = PromptInit::kText;
  inputs_.init_ids = {71, 72};
  const std::vector<float> ids = rows();
  EXPECT_EQ(ids[0], 71);
  EXPECT_EQ(ids[1], 72);
  EXPECT_GE(ids[5], 3);
  inputs_.init_ids = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(rows(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST_F(PromptInitTest, ShortTextIsRepeatedWhenAsked) {
  inputs_.options.init = PromptInit::kText;
  inputs_.options.text_fill = TextFill::kRepeat;
  inputs_.init_ids = {71, 72, 73, 74};
  EXPECT_EQ(rows(), (std::vector<float>{71, 72, 73, 74, 71, 72}));
}

TEST_F(PromptInitTest, ClassLabelsAreMeansOfTheirTokens) {
  inputs_.options.init = PromptInit::kClassLabels;
  inputs_.label_ids = {{10, 20}, {40}};
  const std::vector<float> ids = rows();
  EXPECT_EQ(ids[0], 15);
  EXPECT_EQ(ids[1], 40);
}

TEST_F(PromptInitTest, RandomStartsHaveTheSpecifiedSpread) {
  inputs_.options.prompt_length = 6;
  t5_ = counting_backbone(100);
  t5_.config.d_model = 5000;
  inputs_.options.init = PromptInit::kUnitNormal;
  EXPECT_NEAR(initial_prompt(inputs_).std().item<double>(), 1.0, 0.02);
  inputs_.options.init = PromptInit::kRandom;
  const at::Tensor uniform = initial_prompt(inputs_);
  EXPECT_LE(uniform.max().item<double>(), 0.5);
  EXPECT_GE(uniform.min().item<double>(), -0.5);
  EXPECT_NEAR(uniform.std().item<double>(), 1.0 / std::sqrt(12.0), 0.01);
}

TEST_F(PromptInitTest, SourcePromptsAreCopiedAndChecked) {
  inputs_.options.start_source = "mnli";
  inputs_.sources = {{"mnli", at::ones({6, kWidth})}};
  EXPECT_EQ(rows(), std::vector<float>(6, 1.0F));
  initial_prompt(inputs_).fill_(2);
  EXPECT_EQ(inputs_.sources[0].value[0][0].item<float>(), 1);  // a copy

  inputs_.sources = {{"mnli", at::ones({5, kWidth})}};
  EXPECT_THAT(refusal(), HasSubstr("mnli: prompt has shape [5, 4] (expected [6, 4]"));
  inputs_.sources = {{"mnli", at::full({6, kWidth}, std::nan(""))}};
  EXPECT_THAT(refusal(), HasSubstr("NaN"));
  inputs_.sources = {};
  EXPECT_THAT(refusal(), HasSubstr("was not given"));
}

}  // namespace
}  // namespace attempt::model
