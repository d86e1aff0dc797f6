#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "results/checkpoint_file.h"
#include "results/digest.h"
#include "results/trial_file.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

using attempt::test::TinyWorld;
using process::OutcomeStatus;

class MultiTaskTrialTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = std::make_unique<TinyWorld>(); }
  static void TearDownTestSuite() { world_.reset(); }

  TinyWorld& world() const { return *world_; }
  std::string id(const std::string& of = "") const {
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    return results::sha256(test + of).substr(0, 32);
  }
  results::TrialRecord run(const sweep::TrialSpec& trial) {
    const AttemptResult result = runner.run(trial, world().context(), {});
    EXPECT_EQ(result.status, OutcomeStatus::kSucceeded) << result.message;
    return results::read_trial_file(world().study().trial(trial.trial_id));
  }
  std::string source(const std::string& name, std::uint64_t seed) {
    sweep::TrialSpec trial = world().spec("prompt_tuning");
    trial.trial_id = id(name);
    trial.phase = "source";
    trial.seed = seed;
    run(trial);
    return trial.trial_id;
  }
  /// attempt_m on two tasks that start from two source prompts.
  sweep::TrialSpec attempt_m() {
    sweep::TrialSpec trial =
        world().on_two_tasks(world().attempt_spec(source("a", 1), source("b", 2)));
    trial.trial_id = id();
    trial.method = trial.method_options.method = "attempt_m";
    trial.method_options.start_source.clear();
    trial.method_options.init = model::PromptInit::kSource;
    trial.method_options.tasks = {"rte", "cola"};
    trial.method_options.task_start_sources = {"mnli", "qnli"};
    return trial;
  }

  TrialRunner runner{at::kCPU};

 private:
  static std::unique_ptr<TinyWorld> world_;
};

std::unique_ptr<TinyWorld> MultiTaskTrialTest::world_;

const results::NamedArray& parameter(const results::TrialRecord& record, const std::string& name) {
  const auto found = std::find_if(record.parameters.begin(), record.parameters.end(),
                                  [&](const auto& array) { return array.name == name; });
  EXPECT_NE(found, record.parameters.end()) << name;
  return *found;
}

TEST_F(MultiTaskTrialTest, EveryTaskIsTrainedEvaluatedAndTestedWithItsOwnMetrics) {
  sweep::TrialSpec trial = world().on_two_tasks(world().spec("prompt_tuning"));
  trial.method = trial.method_options.method = "prompt_tuning_m";
  trial.method_options.tasks = {"rte", "cola"};
  trial.trial_id = id();

  const results::TrialRecord got = run(trial);

  EXPECT_EQ(got.tasks, (std::vector<std::string>{"rte", "cola"}));
  EXPECT_EQ(got.train.task_loss.at("rte").size(), 12U);
  EXPECT_EQ(got.train.task_loss.at("cola").size(), 12U);
  EXPECT_EQ(got.evaluations.metrics.at("rte").count("accuracy"), 1U);
  EXPECT_EQ(got.evaluations.metrics.at("cola").count("matthews_correlation"), 1U);
  for (std::size_t i = 0; i < got.evaluations.step.size(); ++i) {
    EXPECT_DOUBLE_EQ(got.evaluations.selection[i],
                     (got.evaluations.metrics.at("rte").at("accuracy")[i] +
                      got.evaluations.metrics.at("cola").at("matthews_correlation")[i]) /
                         2);
  }
  EXPECT_EQ(got.test.at("rte").predictions.size(), 8U);
  EXPECT_EQ(got.test.at("cola").predictions.size(), 6U);
  const nlohmann::json counts = nlohmann::json::parse(got.counts);
  EXPECT_EQ(counts["rte"]["train"], 40);
  EXPECT_EQ(counts["cola"]["train"], 24);
}

TEST_F(MultiTaskTrialTest, ABatchOfOneTaskHasTheLossOfThatTask) {
  sweep::TrialSpec trial = world().on_two_tasks(world().spec("prompt_tuning"));
  trial.trial_id = id();
  trial.train.mixing.batches = "single_task";

  const results::TrialRecord got = run(trial);

  int of_rte = 0;
  for (std::size_t i = 0; i < 8; ++i) {  // an epoch: 5 batches of rte, 3 of cola
    const double rte = got.train.task_loss.at("rte")[i];
    const double cola = got.train.task_loss.at("cola")[i];
    ASSERT_NE(std::isnan(rte), std::isnan(cola));
    EXPECT_NEAR(std::isnan(rte) ? cola : rte, got.train.loss[i], 1e-5);
    of_rte += std::isnan(cola);
  }
  EXPECT_EQ(of_rte, 5);
}

TEST_F(MultiTaskTrialTest, AMixedBatchHasTheMeanOfItsTasksOverTokensOrOverExamples) {
  for (const std::string weight : {"token", "example"}) {
    sweep::TrialSpec trial = world().on_two_tasks(world().spec("prompt_tuning"));
    trial.trial_id = id(weight);
    trial.train.loss_weight = weight;

    const results::TrialRecord got = run(trial);

    const double loss = got.train.loss[0];
    const double rte = got.train.task_loss.at("rte")[0];
    const double cola = got.train.task_loss.at("cola")[0];
    EXPECT_LT(std::min(rte, cola), loss);
    EXPECT_GT(std::max(rte, cola), loss);
    const double rows = 8 * (loss - cola) / (rte - cola);  // of rte
    if (weight == "token") continue;                       // targets differ in length
    EXPECT_NEAR(rows, std::round(rows), 1e-2);
  }
}

TEST_F(MultiTaskTrialTest, SelectionMayBeByTheFirstTask) {
  sweep::TrialSpec trial = world().on_two_tasks(world().spec("prompt_tuning"));
  trial.trial_id = id();
  trial.train.mixing.selection = "first";

  const results::TrialRecord got = run(trial);

  EXPECT_EQ(got.evaluations.selection, got.evaluations.metrics.at("rte").at("accuracy"));
}

TEST_F(MultiTaskTrialTest, TargetPromptsAreSavedWithTheNamesOfTheirTasks) {
  const results::TrialRecord got = run(attempt_m());

  const results::NamedArray targets = parameter(got, "targets");
  EXPECT_EQ(targets.shape, (std::vector<std::int64_t>{2, 6, 16}));
  EXPECT_EQ(targets.tasks, (std::vector<std::string>{"rte", "cola"}));
  EXPECT_TRUE(parameter(got, "G.W_up").tasks.empty());
  EXPECT_EQ(got.attention.at("rte").mean.size(), 3U);
  EXPECT_EQ(got.attention.at("cola").mean.size(), 3U);
}

TEST_F(MultiTaskTrialTest, EachTaskIsTestedWithItsOwnTargetPrompt) {
  sweep::TrialSpec trial = attempt_m();
  trial.train.optimizer.learning_rate = trial.train.optimizer.learning_rate_g = 0;
  const results::TrialRecord together = run(trial);

  for (const std::size_t task : {0U, 1U}) {
    sweep::TrialSpec alone = trial;
    alone.trial_id = id("alone" + std::to_string(task));
    alone.method = alone.method_options.method = "attempt";
    alone.method_options.tasks.clear();
    alone.method_options.task_start_sources.clear();
    alone.method_options.start_source = trial.method_options.task_start_sources[task];
    alone.tasks = {trial.tasks[task]};
    const std::string name = trial.tasks[task].name;
    const results::TrialRecord single = run(alone);
    EXPECT_NEAR(together.test.at(name).metrics.at("loss"), single.test.at(name).metrics.at("loss"),
                1e-5);
    EXPECT_EQ(together.test.at(name).predictions, single.test.at(name).predictions);
  }
  sweep::TrialSpec swapped = trial;
  swapped.trial_id = id("swapped");
  std::swap(swapped.method_options.task_start_sources[0],
            swapped.method_options.task_start_sources[1]);
  EXPECT_GT(std::abs(run(swapped).test.at("cola").metrics.at("loss") -
                     together.test.at("cola").metrics.at("loss")),
            1e-4);
}

TEST_F(MultiTaskTrialTest, AnInterruptedTrialEndsBitForBitAsAnUninterruptedOne) {
  const results::StudyFolder study = world().study();
  sweep::TrialSpec trial = attempt_m();
  for (const std::string mixing : {"proportional", "temperature"}) {
    trial.trial_id = id(mixing);
    trial.train.mixing.mixing = mixing;
    run(trial);
    const std::string straight = world().comparable_bytes(trial.trial_id);
    std::filesystem::remove(study.trial(trial.trial_id));
    std::filesystem::remove(study.digest(trial.trial_id));

    bool is_reached = false;
    TrialMonitor monitor;
    monitor.progress = [&](const TrialProgress& now) {
      is_reached = is_reached || (now.stage == "training" && now.step >= 7);
    };
    monitor.should_stop = [&] { return is_reached; };
    ASSERT_EQ(TrialRunner(at::kCPU).run(trial, world().context("cut"), monitor).status,
              OutcomeStatus::kInterrupted);
    ASSERT_TRUE(results::find_checkpoint(study, trial.trial_id).checkpoint.has_value());
    ASSERT_EQ(TrialRunner(at::kCPU).run(trial, world().context("resumed"), {}).status,
              OutcomeStatus::kSucceeded);

    EXPECT_EQ(world().comparable_bytes(trial.trial_id), straight);
  }
}

TEST_F(MultiTaskTrialTest, ATargetStartsFromWhatItsMethodLearnedOnTheSources) {
  for (const std::string method : {"lora", "adapter", "fine_tuning"}) {
    sweep::TrialSpec first = world().on_two_tasks(world().spec(method));
    first.trial_id = id(method + " first");
    first.phase = "source";
    const results::TrialRecord learned = run(first);
    sweep::TrialSpec second = world().spec(method);
    second.trial_id = id(method);
    second.save_parameters = "all";
    second.train.optimizer.learning_rate = 0;
    second.train.optimizer.weight_decay = 0;
    second.starts = {{sweep::TensorStart::kAll, first.trial_id, "", ""}};

    const results::TrialRecord got = run(second);

    ASSERT_EQ(got.parameters.size(), learned.parameters.size()) << method;
    for (std::size_t i = 0; i < got.parameters.size(); ++i) {
      EXPECT_EQ(got.parameters[i].values, learned.parameters[i].values) << method;
    }
    const nlohmann::json sources = nlohmann::json::parse(got.sources);
    EXPECT_EQ(sources.back()["trial_id"], first.trial_id);
    EXPECT_EQ(sources.back()["sha256"],
              results::sha256_file(world().study().trial(first.trial_id)));
  }
}

TEST_F(MultiTaskTrialTest, GStartsFromAnotherTrialsWhetherItIsTrainedOrNot) {
  sweep::TrialSpec first = attempt_m();
  first.phase = "source";
  const results::TrialRecord learned = run(first);
  sweep::TrialSpec second =
      world().attempt_spec(first.sources[0].trial_id, first.sources[1].trial_id);
  second.trial_id = id("second");
  second.train.optimizer.learning_rate = second.train.optimizer.learning_rate_g = 0;
  second.train.optimizer.weight_decay = 0;
  second.method_options.init = model::PromptInit::kSource;
  const results::TrialRecord drawn = run(second);
  second.trial_id = id("from study");
  second.starts = {{sweep::TensorStart::kG, first.trial_id, "", ""}};
  const results::TrialRecord trained = run(second);
  const std::string file = world().study().trial(first.trial_id).string();
  second.trial_id = id("from file");
  second.starts = {{sweep::TensorStart::kG, "", file, results::sha256_file(file)}};
  second.method_options.g_trainable = false;
  const results::TrialRecord fixed = run(second);

  for (const char* name : {"G.W_down", "G.W_up", "G.ln_weight", "G.ln_bias"}) {
    EXPECT_EQ(parameter(trained, name).values, parameter(learned, name).values) << name;
  }
  EXPECT_NE(parameter(drawn, "G.W_up").values, parameter(learned, "G.W_up").values);
  EXPECT_EQ(fixed.parameters.size(), 1U);
  EXPECT_EQ(fixed.attention.at("rte").mean, trained.attention.at("rte").mean);
  EXPECT_NE(fixed.attention.at("rte").mean, drawn.attention.at("rte").mean);
}

TEST_F(MultiTaskTrialTest, AGOfAnotherFormIsRefused) {
  sweep::TrialSpec first = attempt_m();
  run(first);
  sweep::TrialSpec second =
      world().attempt_spec(first.sources[0].trial_id, first.sources[1].trial_id);
  second.trial_id = id("second");
  second.method_options.g_hidden = 7;
  second.starts = {{sweep::TensorStart::kG, first.trial_id, "", ""}};

  const AttemptResult result = runner.run(second, world().context(), {});

  EXPECT_EQ(result.status, OutcomeStatus::kFailed);
  EXPECT_NE(result.message.find("Give both the same g_hidden"), std::string::npos)
      << result.message;
}

}  // namespace
}  // namespace attempt::train
