#include "runner/train/loaded_trial.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/npy_writer.h"
#include "model/shapes/model_error.h"
#include "results/trial_file.h"
#include "runner/train/eval_work.h"
#include "tests/runner/train/serving_fixture.h"

namespace attempt::train {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using LoadedTrialTest = test::ServingTest;

TEST_F(LoadedTrialTest, PredictsWhatTheTrialPredictedWhateverTheMethod) {
  TrialLoader loader(place_, at::kCPU);
  int number = 0;
  for (const char* method : {"frozen", "prompt_tuning", "lora", "bitfit", "adapter",
                             "prefix_tuning", "p_tuning", "ia3"}) {
    sweep::TrialSpec spec = world_.spec(method);
    spec.method_options.adapter_reduction = 2;
    spec.method_options.prompt_encoder = std::string(method) == "p_tuning"
                                             ? model::PromptEncoderKind::kMlp
                                             : model::PromptEncoderKind::kNone;
    const std::string path = run(spec, "b" + std::to_string(number++));
    const LoadedTrial trial = loader.load(path);
    const SplitEvaluation again = evaluate(trial, loader);
    const results::TestResult then = results::read_trial_file(path).test.at("rte");
    EXPECT_EQ(again.predictions, then.predictions) << method;
    EXPECT_EQ(again.loss, then.metrics.at("loss")) << method;  // to the bit
    EXPECT_EQ(again.scores.metrics.at("accuracy"), then.metrics.at("accuracy")) << method;
  }
}

TEST_F(LoadedTrialTest, AttemptComesBackWithItsSourcesAndItsCalibratedTemperature) {
  const std::string path = run_attempt([&](sweep::TrialSpec& spec) {
    spec.method_options.temperature_rule = model::TemperatureRule::kCalibrated;
    spec.calibration = {{spec.data, spec.tasks[0]}, {spec.data, spec.tasks[0]}};
  });
  TrialLoader loader(place_, at::kCPU);
  const SplitEvaluation again = evaluate(loader.load(path), loader);
  const results::TrialRecord then = results::read_trial_file(path);
  EXPECT_EQ(again.loss, then.test.at("rte").metrics.at("loss"));
  EXPECT_EQ(again.predictions, then.test.at("rte").predictions);
  EXPECT_EQ(again.attention.summary().mean, then.attention.at("rte").mean);
}

TEST_F(LoadedTrialTest, SourcesAreRemovedAndAddedByName) {
  const std::string path = run_attempt();
  TrialLoader loader(place_, at::kCPU);
  const SplitEvaluation without = evaluate(loader.load(path, {{"mnli"}, {}}), loader);
  EXPECT_THAT(without.attention.summary().names, ElementsAre("qnli", "target"));
  const std::vector<double> weights = without.attention.summary().mean;
  EXPECT_NEAR(weights[0] + weights[1], 1, 1e-6);  // float32 softmax, renormalised

  model::write_npy(world_.folder() / "new.npy", at::randn({6, place_.backbone.config.d_model}));
  const std::string added = (world_.folder() / "new.npy").string();
  const SplitEvaluation more = evaluate(loader.load(path, {{}, {{"mine", added}}}), loader);
  EXPECT_THAT(more.attention.summary().names, ElementsAre("mnli", "qnli", "mine", "target"));
  EXPECT_NE(more.loss, without.loss);

  // Taken out and put back under its name it is the trial's own function again, in another order.
  const std::string source = world_.study().trial(std::string(30, '0') + "a1").string();
  const SplitEvaluation back = evaluate(loader.load(path, {{"mnli"}, {{"mnli", source}}}), loader);
  EXPECT_NEAR(back.loss, results::read_trial_file(path).test.at("rte").metrics.at("loss"), 1e-5);
}

TEST_F(LoadedTrialTest, RefusesChangesThatCannotBe) {
  const std::string path = run_attempt();
  TrialLoader loader(place_, at::kCPU);
  const auto refusal = [&](const SourceChange& change) -> std::string {
    try {
      loader.load(path, change);
      return "loaded";
    } catch (const model::ModelError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refusal({{"sst2"}, {}}), HasSubstr("does not mix the source prompt 'sst2'"));
  EXPECT_THAT(refusal({{"mnli", "qnli"}, {}}), HasSubstr("without a source prompt"));
  EXPECT_THAT(refusal({{}, {{"mnli", path}}}), HasSubstr("mixes a source prompt 'mnli' already"));
}

TEST_F(LoadedTrialTest, AnotherBackboneIsRefused) {
  const std::string path = run(world_.spec("prompt_tuning"), "c1");
  place_.backbone.fingerprint = std::string(64, 'f');
  TrialLoader loader(place_, at::kCPU);
  EXPECT_THROW(loader.load(path), model::ModelError);
}

TEST_F(LoadedTrialTest, EvalPrintsMetricsAndLeavesSourcesOutInTurn) {
  const std::string path = run_attempt();
  const std::string lines = (world_.folder() / "predictions.jsonl").string();
  const json request = {{"model", model_.string()},
                        {"data", place_.data_root},
                        {"files", {path}},
                        {"leave_one_out", true},
                        {"json", true},
                        {"predictions", lines}};
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_eval_work(request, at::kCPU), 0);
  const json printed = json::parse(::testing::internal::GetCapturedStdout());
  ASSERT_EQ(printed.size(), 3U);
  const results::TestResult then = results::read_trial_file(path).test.at("rte");
  EXPECT_EQ(printed[0]["metrics"]["accuracy"], then.metrics.at("accuracy"));
  EXPECT_EQ(printed[0]["metrics"]["loss"], then.metrics.at("loss"));
  EXPECT_EQ(printed[1]["without_sources"], json({"mnli"}));
  EXPECT_EQ(printed[2]["without_sources"], json({"qnli"}));
  const std::string written = test::read_file(lines);
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'),
            static_cast<std::ptrdiff_t>(3 * then.predictions.size()));
  const json first = json::parse(written.substr(0, written.find('\n')));
  EXPECT_EQ(first["prediction"], then.predictions[0]);
  EXPECT_EQ(first["id"], then.ids[0]);
}

TEST_F(LoadedTrialTest, PredictLabelsLinesAndShowsTheAttention) {
  const std::string path = run_attempt();
  test::write_file(world_.folder() / "lines.tsv",
                   "rte\tsentence1: The cat sees the river. sentence2: Somebody sees the river.\n"
                   "sentence1: A dog likes a red house. sentence2: Somebody likes the river.\n"
                   "cola\tA dog.\n");
  const json request = {{"model", model_.string()},
                        {"data", place_.data_root},
                        {"files", {path}},
                        {"json", true},
                        {"input", (world_.folder() / "lines.tsv").string()}};
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_predict_work(request, at::kCPU), 2);  // the third line is of another task
  const std::string printed = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("lines.tsv:3: no trained file is for the task 'cola'"));
  EXPECT_EQ(std::count(printed.begin(), printed.end(), '\n'), 2);
  const json first = json::parse(printed.substr(0, printed.find('\n')));
  EXPECT_EQ(first["task"], "rte");
  EXPECT_TRUE(first["prediction"].is_string());
  double sum = 0;
  for (const char* name : {"mnli", "qnli", "target"}) {
    sum += first["attention"].at(name).get<double>();
  }
  EXPECT_NEAR(sum, 1, 1e-6);
}

}  // namespace
}  // namespace attempt::train
