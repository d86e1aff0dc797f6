#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/method.h"
#include "runner/train/learning_rate_schedule.h"
#include "runner/train/make_optimizer.h"
#include "runner/train/update_step.h"
#include "tests/model/golden.h"

namespace attempt::train {
namespace {

using namespace attempt::test;

// Tolerances of tests/goldens/README.md, section trajectories. Steps at rate 0.3 amplify float32's
// noise, which is another on every kind of processor: with AVX2 kernels alone, runs part after step
// 20 (1.1e-3 seen). From there on losses need only be close, and final values are compared where
// the losses never parted.
constexpr double kTrajectoryLossRtol = 1e-4;
constexpr double kPartedLossRtol = 5e-2;
constexpr std::int64_t kTogether = 20;
constexpr double kFinalAtol = 5e-3;
constexpr double kFinalPerNoise = 10;

/// Trains on the golden batches exactly as the trial loop does and compares every step.
class TrajectoryGoldenTest : public ::testing::TestWithParam<const char*> {
 protected:
  const std::unique_ptr<model::T5> t5 = golden_backbone(GetParam());
  const model::SafetensorsFile golden = golden_tensors(std::string("trajectories/") + GetParam());
  const nlohmann::json runs = golden_json("trajectories/trajectories")[GetParam()];

  std::unique_ptr<model::Method> prompt_tuning() {
    model::MethodInputs inputs;
    inputs.options.method = "prompt_tuning";
    inputs.options.prompt_length = golden.shape("prompt_init")[0];
    inputs.options.init = model::PromptInit::kFile;
    inputs.init_prompt = golden.tensor("prompt_init");
    inputs.backbone = t5.get();
    return model::make_method(inputs);
  }

  std::unique_ptr<model::Method> attempt() {
    model::MethodInputs inputs;
    const at::Tensor sources = golden.tensor("sources");
    for (std::int64_t i = 0; i < sources.size(0); ++i) {
      inputs.sources.push_back({"s" + std::to_string(i), sources[i]});
      inputs.options.mixed_sources.push_back(inputs.sources.back().name);
    }
    inputs.options.method = "attempt";
    inputs.options.start_source = "s0";
    inputs.options.prompt_length = sources.size(1);
    inputs.options.g_hidden = golden.shape("G_init.W_down")[0];
    inputs.options.temperature_rule = model::TemperatureRule::kNumber;
    inputs.options.temperature = golden_json("attempt/attempt")[GetParam()]["temperature"];
    inputs.backbone = t5.get();
    auto method = model::make_method(inputs);
    model::restore_parameters(*method, {{"prompt", sources[0]},
                                        {"G.W_down", golden.tensor("G_init.W_down")},
                                        {"G.W_up", golden.tensor("G_init.W_up")},
                                        {"G.ln_weight", golden.tensor("G_init.ln_weight")},
                                        {"G.ln_bias", golden.tensor("G_init.ln_bias")}});
    return method;
  }

  std::unique_ptr<model::Method> fine_tuning() {
    model::MethodInputs inputs;
    inputs.options.method = "fine_tuning";
    inputs.backbone = t5.get();
    return model::make_method(inputs);
  }

  void train_and_compare(const std::string& name, model::Method& method) {
    const nlohmann::json& run = runs[name];
    sweep::OptimizerSpec spec;
    spec.optimizer = run["optimizer"];
    spec.decay_scope = "all";
    spec.weight_decay = run["weight_decay"];
    spec.learning_rate = run["lr"];
    spec.learning_rate_g = run["lr_G"].is_null() ? run["lr"] : run["lr_G"];
    const bool is_adafactor = spec.optimizer == "adafactor";
    const LearningRateSchedule schedule =
        is_adafactor
            ? LearningRateSchedule{ScheduleKind::kConstant}
            : LearningRateSchedule{ScheduleKind::kLinear, run["warmup_steps"], run["steps"]};
    const auto optimizer = make_optimizer(spec, method.parameters());
    const at::Tensor order = golden.tensor("order." + name);
    model::Dropout none;
    bool has_parted = false;
    for (std::int64_t step = 0; step < order.size(0); ++step) {
      const at::Tensor rows = order[step];
      const model::Batch batch = {golden.tensor("data.input_ids").index_select(0, rows),
                                  golden.tensor("data.attention_mask").index_select(0, rows) != 0,
                                  golden.tensor("data.labels").index_select(0, rows),
                                  at::zeros_like(rows)};
      const std::vector<model::Batch> batches = {batch};
      const UpdateResult result = update_step(method, *optimizer, none, batches,
                                              {schedule.factor(step), is_adafactor ? 0.0 : 1.0});
      const double expected = run["loss64"][static_cast<std::size_t>(step)];
      has_parted |= std::abs(result.loss - expected) > 0.5 * kTrajectoryLossRtol * expected;
      const double tolerance = step < kTogether ? kTrajectoryLossRtol : kPartedLossRtol;
      ASSERT_NEAR(result.loss, expected, tolerance * expected) << name << " step " << step;
      EXPECT_NEAR(spec.learning_rate * schedule.factor(step),
                  run["lr_per_step"][static_cast<std::size_t>(step)].get<double>(), 1e-12);
    }
    if (has_parted) return;
    compare_final_values(name, method,
                         std::max(kFinalAtol, kFinalPerNoise * run["max_abs_final_difference_fp32_"
                                                                   "fp64"]
                                                                   .get<double>()));
  }

  void compare_final_values(const std::string& name, const model::Method& method,
                            double tolerance) {
    for (const model::TrainedParameter& parameter : method.parameters()) {
      std::string golden_name = parameter.name;
      if (golden_name.starts_with("G.")) golden_name.erase(0, 2);
      const at::Tensor expected = golden.tensor(name + ".final." + golden_name);
      const at::Tensor got =
          expected.size(0) == parameter.value.size(0)
              ? parameter.value.detach()
              : parameter.value.detach().index_select(0, golden.tensor("full_rows"));
      EXPECT_LE(max_difference(got, expected), tolerance) << name << " " << parameter.name;
    }
  }
};

TEST_P(TrajectoryGoldenTest, PromptTuningWithAdamW) {
  train_and_compare("prompt_tuning_adamw", *prompt_tuning());
}

TEST_P(TrajectoryGoldenTest, PromptTuningWithAdafactor) {
  train_and_compare("prompt_tuning_adafactor", *prompt_tuning());
}

TEST_P(TrajectoryGoldenTest, AttemptWithAdamW) { train_and_compare("attempt_adamw", *attempt()); }

TEST_P(TrajectoryGoldenTest, AttemptWithTwoRates) {
  train_and_compare("attempt_adamw_two_rates", *attempt());
}

TEST_P(TrajectoryGoldenTest, AttemptWithAdafactor) {
  train_and_compare("attempt_adafactor", *attempt());
}

TEST_P(TrajectoryGoldenTest, FullFineTuningWithAdamW) {
  train_and_compare("full_adamw", *fine_tuning());
}

INSTANTIATE_TEST_SUITE_P(Backbones, TrajectoryGoldenTest, ::testing::Values("t5_v1_0", "t5_v1_1"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace attempt::train
