#include "tests/model/every_method.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <map>

#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

class EveryMethodTest : public ::testing::Test {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  const Batch batch = small_batch();
};

void descend(Method& method, double rate) {
  const c10::NoGradGuard guard;
  for (const TrainedParameter& parameter : method.parameters()) {
    at::Tensor value = parameter.value;
    value.sub_(value.grad(), rate);
    value.mutable_grad() = at::Tensor();
  }
}

TEST_F(EveryMethodTest, AllocatesWhatPlanCounts) {
  for (const MethodCase& method_case : every_method(*t5)) {
    const std::unique_ptr<Method> method = make_method(method_case.inputs);
    std::int64_t allocated = 0;
    for (const TrainedParameter& parameter : method->parameters())
      allocated += parameter.value.numel();
    EXPECT_EQ(allocated, trained_parameter_count(method_case.inputs.options, t5->config))
        << method_case.name;
  }
}

// Three steps with dropout: every trained tensor gets a gradient and moves, the backbone does not.
TEST_F(EveryMethodTest, TrainsItsTensorsAndNothingElse) {
  std::map<std::string, at::Tensor> before;
  for (const auto& [name, tensor] : t5->tensors) before[name] = tensor.clone();
  for (const MethodCase& method_case : every_method(*t5)) {
    SCOPED_TRACE(method_case.name);
    const std::unique_ptr<Method> method = make_method(method_case.inputs);
    if (method->parameters().empty()) continue;
    disturb(*method);
    Dropout dropout(0.1, 5, at::kCPU);
    for (int step = 0; step < 3; ++step) {
      method->loss(batch, dropout).nll.backward();
      for (const TrainedParameter& parameter : method->parameters()) {
        const at::Tensor& gradient = parameter.value.grad();
        ASSERT_TRUE(gradient.defined()) << parameter.name;
        ASSERT_TRUE(gradient.isfinite().all().item<bool>()) << parameter.name;
        EXPECT_GT(max_magnitude(gradient), 0) << parameter.name;
      }
      descend(*method, 1e-3);
    }
  }
  for (const auto& [name, tensor] : t5->tensors) {
    EXPECT_FALSE(tensor.requires_grad()) << name;
    EXPECT_TRUE(tensor.equal(before[name])) << name;
  }
}

/// Labels' negative log-likelihoods, one a row, bit for bit, and the generated ids.
std::pair<std::vector<float>, at::Tensor> predictions(Method& method, const Batch& batch) {
  const Prediction prediction = method.predict(batch, 4);
  std::vector<float> nll = {prediction.loss.nll.item<float>()};
  for (std::int64_t row = 0; row < batch.input_ids.size(0); ++row) {
    Batch one = batch;
    one.input_ids = batch.input_ids.slice(0, row, row + 1);
    one.attention_mask = batch.attention_mask.slice(0, row, row + 1);
    one.labels = batch.labels.slice(0, row, row + 1);
    one.task_ids = batch.task_ids.slice(0, row, row + 1);
    nll.push_back(method.predict(one, 1).loss.nll.item<float>());
  }
  return {nll, prediction.tokens};
}

TEST_F(EveryMethodTest, PredictsBitForBitTheSameWhenRestored) {
  for (const MethodCase& method_case : every_method(*t5)) {
    SCOPED_TRACE(method_case.name);
    const std::unique_ptr<Method> trained = make_method(method_case.inputs);
    const auto [start, unused] = predictions(*trained, batch);
    disturb(*trained);
    const std::vector<NamedTensor> saved = trained->saved_tensors();
    const auto shapes = trained_shapes(folded_options(method_case.inputs.options), t5->config);
    ASSERT_EQ(saved.size(), shapes.size());
    for (std::size_t i = 0; i < saved.size(); ++i) {
      EXPECT_EQ(saved[i].name, shapes[i].name);
      EXPECT_EQ(saved[i].value.sizes(), at::IntArrayRef(shapes[i].dims)) << saved[i].name;
    }
    const std::unique_ptr<Method> restored = restore_method(method_case.inputs, saved);
    const auto [expected, expected_tokens] = predictions(*trained, batch);
    const auto [nll, tokens] = predictions(*restored, batch);
    EXPECT_EQ(nll, expected);
    EXPECT_TRUE(tokens.equal(expected_tokens));
    if (!saved.empty()) {
      EXPECT_NE(expected, start);
    }
  }
}

// What is saved under `fold` has the weights multiplied out: the same function, to rounding.
TEST_F(EveryMethodTest, PredictsTheSameWhenFolded) {
  for (const char* name : {"bitfit", "bitfit_m", "bitfit:no_head", "hyperformer"}) {
    SCOPED_TRACE(name);
    MethodInputs inputs = inputs_of_case(*t5, name);
    const std::unique_ptr<Method> plain = make_method(inputs);
    inputs.options.fold = true;
    const std::unique_ptr<Method> trained = make_method(inputs);
    disturb(*trained);
    const std::vector<NamedTensor> saved = trained->saved_tensors();
    const auto shapes = trained_shapes(folded_options(inputs.options), t5->config);
    ASSERT_EQ(saved.size(), shapes.size());
    for (std::size_t i = 0; i < saved.size(); ++i) {
      EXPECT_EQ(saved[i].name, shapes[i].name);
      EXPECT_EQ(saved[i].value.sizes(), at::IntArrayRef(shapes[i].dims)) << saved[i].name;
      EXPECT_EQ(saved[i].name.find("layer_norm.bias"), std::string::npos);
      EXPECT_EQ(saved[i].name.find("hyper."), std::string::npos);
    }

    const std::unique_ptr<Method> restored = restore_method(inputs, saved);

    const at::Tensor expected = trained->predict(batch, 1).loss.row_nll;
    EXPECT_TRUE(at::allclose(restored->predict(batch, 1).loss.row_nll, expected, 1e-5, 1e-6));
    EXPECT_FALSE(at::allclose(plain->predict(batch, 1).loss.row_nll, expected, 1e-3));
  }
}

// Beside the backbone's dropout, which is 0 here.
TEST_F(EveryMethodTest, AMethodsOwnDropoutIsForTrainingOnly) {
  for (const char* name : {"p_tuning_v2", "lora:dropout"}) {
    SCOPED_TRACE(name);
    const std::unique_ptr<Method> method = make_method(inputs_of_case(*t5, name));
    disturb(*method);
    Dropout of_training(0, 5, at::kCPU), none;
    const float trained = method->loss(batch, of_training).nll.item<float>();
    EXPECT_NE(trained, method->loss(batch, of_training).nll.item<float>());
    EXPECT_EQ(method->loss(batch, none).nll.item<float>(),
              method->predict(batch, 1).loss.nll.item<float>());
  }
}

// A multi-task form of one task is the method itself.
TEST_F(EveryMethodTest, OneTaskOfSeveralIsTheMethodItself) {
  Batch of_one_task = batch;
  of_one_task.task_ids = at::zeros_like(batch.task_ids);
  Dropout none;
  int compared = 0;
  for (MethodCase& method_case : every_method(*t5)) {
    MethodInputs inputs = method_case.inputs;
    if (single_task_form(inputs.options.method) == inputs.options.method) continue;
    SCOPED_TRACE(method_case.name);
    inputs.options.tasks = {"a"};
    const std::unique_ptr<Method> one = make_method(inputs);
    inputs.options.tasks.clear();
    inputs.options.method = single_task_form(inputs.options.method);
    const std::unique_ptr<Method> single = make_method(inputs);
    disturb(*single);
    ASSERT_EQ(one->parameters().size(), single->parameters().size());
    for (std::size_t i = 0; i < one->parameters().size(); ++i) {
      const c10::NoGradGuard guard;
      at::Tensor value = one->parameters()[i].value;
      value.copy_(single->parameters()[i].value.view_as(value));
    }
    const double expected = single->loss(of_one_task, none).nll.item<double>();
    EXPECT_NEAR(one->loss(of_one_task, none).nll.item<double>(), expected, 1e-6 * expected);
    ++compared;
  }
  EXPECT_GT(compared, 30);
}

}  // namespace
}  // namespace attempt::model
