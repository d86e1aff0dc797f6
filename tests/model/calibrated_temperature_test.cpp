#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/method.h"
#include "model/shapes/model_error.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

// methods.md section 6.2: tau = sigma / 0.4, sigma the mean over rows of the population standard
// deviation over the sources of h . p_j, under the G that the trial starts with.
class CalibratedTemperatureTest : public ::testing::Test {
 protected:
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  const GoldenFile golden = golden_tensors("attempt/t5_v1_0");

  MethodInputs inputs(std::int64_t count) {
    MethodInputs inputs;
    inputs.options.method = "attempt";
    inputs.options.prompt_length = golden.shape("sources")[1];
    inputs.options.g_hidden = 7;
    inputs.options.temperature_rule = TemperatureRule::kCalibrated;
    for (std::int64_t j = 0; j < count; ++j) {
      inputs.options.mixed_sources.push_back("source" + std::to_string(j));
      inputs.sources.push_back({inputs.options.mixed_sources.back(), golden.tensor("sources")[j]});
    }
    inputs.backbone = t5.get();
    inputs.init_seed = 5;
    inputs.calibration = {golden_batch(golden, "")};
    return inputs;
  }
};

TEST_F(CalibratedTemperatureTest, GivesTheSourceScoresTheStatedSpread) {
  const std::unique_ptr<Method> method = make_method(inputs(3));
  const SourceAttention attention = method->attention(inputs(3).calibration[0]);
  // Differences of scores are differences of log weights; the target is the last column.
  const at::Tensor scores = attention.weights.slice(1, 0, 3).log().to(at::kDouble);
  EXPECT_NEAR(at::std(scores, 1, /*unbiased=*/false).mean().item<double>(), 0.4, 1e-4);
  EXPECT_GT(attention.temperature, 0);
}

TEST_F(CalibratedTemperatureTest, IsAMeanOverRowsOfAllTasks) {
  const auto temperature = [](const MethodInputs& inputs) {
    return make_method(inputs)->attention(inputs.calibration[0]).temperature;
  };
  MethodInputs whole = inputs(3);
  Batch all = whole.calibration[0];
  const auto rows = [&](std::int64_t begin, std::int64_t end) {
    return Batch{all.input_ids.slice(0, begin, end), all.attention_mask.slice(0, begin, end),
                 all.labels.slice(0, begin, end), all.task_ids};
  };
  MethodInputs parts = inputs(3);
  parts.calibration = {rows(0, 1), rows(1, all.input_ids.size(0))};
  EXPECT_NEAR(temperature(parts), temperature(whole), 1e-5 * temperature(whole));
}

TEST_F(CalibratedTemperatureTest, RefusesSourcesThatCannotBeToldApart) {
  EXPECT_THROW(make_method(inputs(1)), ModelError);
  MethodInputs nothing = inputs(3);
  nothing.calibration.clear();
  EXPECT_THROW(make_method(nothing), ModelError);
}

}  // namespace
}  // namespace attempt::model
