#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/method.h"
#include "model/shapes/model_error.h"
#include "tests/model/every_method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

class PrefixMethodsTest : public ::testing::Test {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  const Batch batch = small_batch();
  Dropout none;

  MethodInputs inputs(const std::string& name) { return inputs_of_case(*t5, name); }
};

// At an odd number of layers PEFT's slots are a permutation, so its layout is a prefix of the
// decoder's self-attention.
TEST_F(PrefixMethodsTest, PeftsLayoutIsADecoderPrefix) {
  ASSERT_EQ(t5->config.num_decoder_layers % 2, 1);
  const std::unique_ptr<Method> peft = make_method(inputs("prefix_tuning:peft"));
  disturb(*peft);
  MethodInputs of_decoder = inputs("p_tuning_v2");
  of_decoder.options.prefix_sites = {"decoder"};
  const std::unique_ptr<Method> decoder = restore_method(of_decoder, peft->saved_tensors());
  EXPECT_EQ(decoder->predict(batch, 3).loss.nll.item<float>(),
            peft->predict(batch, 3).loss.nll.item<float>());
  std::int64_t count = 0;
  for (const TrainedParameter& parameter : decoder->parameters()) count += parameter.value.numel();
  EXPECT_EQ(count, peft->parameters()[0].value.numel());
}

TEST_F(PrefixMethodsTest, DropoutOnThePrefixIsForTrainingOnly) {
  const std::unique_ptr<Method> method = make_method(inputs("p_tuning_v2"));
  disturb(*method);
  Dropout of_training(0, 5, at::kCPU);
  const float trained = method->loss(batch, of_training).nll.item<float>();
  EXPECT_NE(trained, method->loss(batch, of_training).nll.item<float>());
  EXPECT_EQ(method->loss(batch, none).nll.item<float>(),
            method->predict(batch, 1).loss.nll.item<float>());
}

TEST_F(PrefixMethodsTest, LinearHeadPredictsTheTextOfTheLikeliestLabel) {
  const std::unique_ptr<Method> method = make_method(inputs("p_tuning_v2:linear_head"));
  at::Tensor weight, bias;
  for (const TrainedParameter& parameter : method->parameters()) {
    if (parameter.name == "head.weight") weight = parameter.value;
    if (parameter.name == "head.bias") bias = parameter.value;
  }
  {
    const c10::NoGradGuard guard;
    weight.zero_();
    bias.copy_(at::tensor({0.0F, 1.0F, -1.0F}));
  }
  const Prediction prediction = method->predict(batch, 8);
  EXPECT_TRUE(prediction.tokens.equal(at::tensor({21, 22, 1}, at::kLong).expand({4, 3})));
  EXPECT_EQ(prediction.loss.tokens, 4);
  // Targets are the classes 0, 1, 0, 2.
  const at::Tensor nll = -at::log_softmax(at::tensor({0.0, 1.0, -1.0}), 0);
  EXPECT_NEAR(prediction.loss.nll.item<double>(), (2 * nll[0] + nll[1] + nll[2]).item<double>(),
              1e-6);
  {
    const c10::NoGradGuard guard;
    bias.copy_(at::tensor({1.0F, 0.0F, -1.0F}));
  }
  EXPECT_TRUE(
      method->predict(batch, 8).tokens.equal(at::tensor({20, 1, 0}, at::kLong).expand({4, 3})));
}

TEST_F(PrefixMethodsTest, LinearHeadRefusesTargetsThatAreNoLabel) {
  const std::unique_ptr<Method> method = make_method(inputs("p_tuning_v2:linear_head"));
  Batch other = batch;
  other.labels = batch.labels.clone();
  other.labels[2][0] = 24;
  try {
    method->loss(other, none);
    FAIL() << "was taken";
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("none of the task's label texts"));
  }
}

}  // namespace
}  // namespace attempt::model
