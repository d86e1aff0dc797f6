#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "model/method.h"
#include "model/shapes/method_shapes.h"
#include "tests/model/every_method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

class MultiTaskTest : public ::testing::Test {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  const Batch batch = small_batch();
  Dropout none;

  MethodInputs inputs(const std::string& name) { return inputs_of_case(*t5, name); }

  double loss(Method& method, const Batch& rows) {
    return method.loss(rows, none).nll.item<double>();
  }

  Batch with_tasks(std::vector<std::int64_t> ids) const {
    Batch changed = batch;
    changed.task_ids = at::tensor(ids, at::kLong);
    return changed;
  }

  static at::Tensor parameter(const Method& method, const std::string& name) {
    for (const TrainedParameter& parameter : method.parameters()) {
      if (parameter.name == name) return parameter.value;
    }
    throw std::logic_error("no parameter " + name);
  }
};

// A row sees the tensors of its own task and nothing of the tasks beside it.
TEST_F(MultiTaskTest, RowsOfSeveralTasksAddUp) {
  for (const char* name : {"adapter_m", "hyperformer", "attempt_m", "attempt_m:deep"}) {
    SCOPED_TRACE(name);
    const std::unique_ptr<Method> method = make_method(inputs(name));
    disturb(*method);
    double sum = 0;
    for (std::int64_t row = 0; row < 4; ++row) {
      Batch one;
      one.input_ids = batch.input_ids.slice(0, row, row + 1);
      one.attention_mask = batch.attention_mask.slice(0, row, row + 1);
      one.labels = batch.labels.slice(0, row, row + 1);
      one.task_ids = batch.task_ids.slice(0, row, row + 1);
      sum += loss(*method, one);
    }
    EXPECT_NEAR(loss(*method, batch), sum, 1e-5 * sum);
    EXPECT_GT(std::abs(loss(*method, with_tasks({1, 0, 1, 0})) - sum), 1e-4);
  }
}

TEST_F(MultiTaskTest, OnlyTasksOfTheBatchGetAGradient) {
  const std::unique_ptr<Method> method = make_method(inputs("attempt_m"));
  disturb(*method);
  method->loss(with_tasks({1, 1, 1, 1}), none).nll.backward();
  const at::Tensor gradient = parameter(*method, "targets").grad();
  EXPECT_EQ(max_magnitude(gradient[0]), 0);
  EXPECT_GT(max_magnitude(gradient[1]), 0);
}

// Where the generated gain is zero, A(f) = f + offset: an adapter whose up map is zero.
TEST_F(MultiTaskTest, HyperFormerWithoutGainIsAnAdapterOfItsOffset) {
  MethodInputs hyper_inputs = inputs("hyperformer");
  const std::unique_ptr<Method> hyper = make_method(hyper_inputs);
  disturb(*hyper);
  const std::unique_ptr<Method> adapter = make_method(inputs("adapter_m"));
  const c10::NoGradGuard guard;
  for (const char* stack : {"encoder", "decoder"}) {
    const auto tensor = [&](const char* name) {
      return parameter(*hyper, "hyper." + std::string(stack) + "." + name);
    };
    tensor("Hg").zero_();
    tensor("hg").zero_();
    for (std::int64_t task = 0; task < 2; ++task) {
      for (std::int64_t layer = 0; layer < 3; ++layer) {
        for (const bool is_attention : {false, true}) {
          const at::Tensor code =
              at::cat({parameter(*hyper, "hyper.task")[task], tensor("layer")[layer],
                       tensor("position")[is_attention ? 1 : 0]});
          const at::Tensor hidden = at::relu(at::mv(tensor("W1"), code) + tensor("b1"));
          const at::Tensor projected = at::mv(tensor("W2"), hidden) + tensor("b2");
          const at::Tensor centred = projected - projected.mean();
          const at::Tensor normal =
              centred / at::sqrt(centred.square().mean() + 1e-6) * tensor("ln_weight") +
              tensor("ln_bias");
          const at::Tensor offset = at::mv(tensor("Hb"), normal) + tensor("hb");
          const int sublayer = is_attention ? 0 : stack == std::string("encoder") ? 1 : 2;
          const std::string name = std::string(stack) + ".block." + std::to_string(layer) +
                                   ".layer." + std::to_string(sublayer) + ".adapter." +
                                   hyper_inputs.options.tasks[static_cast<std::size_t>(task)];
          parameter(*adapter, name + ".up.weight").zero_();
          parameter(*adapter, name + ".up.bias").copy_(offset);
        }
      }
    }
  }
  for (const TrainedParameter& norm : hyper->parameters()) {
    if (norm.name.ends_with("layer_norm.weight")) parameter(*adapter, norm.name).copy_(norm.value);
  }
  const double expected = loss(*adapter, batch);
  EXPECT_NEAR(loss(*hyper, batch), expected, 1e-5 * expected);
}

// A source that a task may not attend to is as if it were not there.
TEST_F(MultiTaskTest, ExcludedOwnSourceIsAsIfAbsent) {
  for (const char* name : {"attempt_m", "attempt_m:token", "attempt_m:constant"}) {
    SCOPED_TRACE(name);
    MethodInputs excluding = inputs(name);
    excluding.options.tasks = {"second", "other"};
    excluding.options.g_exclude_own = true;
    MethodInputs without = excluding;
    without.options.mixed_sources = {"first"};
    const std::unique_ptr<Method> method = make_method(excluding);
    const std::unique_ptr<Method> reference = make_method(without);
    const Batch own = with_tasks({0, 0, 0, 0});
    const at::Tensor weights = method->attention(own).weights;
    EXPECT_EQ(max_magnitude(weights.select(1, 1)), 0);
    EXPECT_LE(max_difference(at::cat({weights.slice(1, 0, 1), weights.slice(1, 2)}, 1),
                             reference->attention(own).weights),
              1e-6);
    const double expected = loss(*reference, own);
    EXPECT_NEAR(loss(*method, own), expected, 1e-5 * expected);
    EXPECT_GT(method->attention(with_tasks({1, 1, 1, 1})).weights.select(1, 1).min().item<float>(),
              0);
  }
}

}  // namespace
}  // namespace attempt::model
