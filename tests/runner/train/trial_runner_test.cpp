#include "runner/train/trial_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "results/checkpoint_file.h"
#include "results/digest.h"
#include "results/trial_file.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

using attempt::test::TinyWorld;
using process::OutcomeStatus;

class TrialRunnerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = std::make_unique<TinyWorld>(); }
  static void TearDownTestSuite() { world_.reset(); }

  /// A spec with an id of its own, as the world is shared.
  sweep::TrialSpec spec(const std::string& method) const {
    sweep::TrialSpec made = world().spec(method);
    made.trial_id = results::sha256(test_name()).substr(0, 32);
    return made;
  }
  std::string test_name() const {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  TinyWorld& world() const { return *world_; }
  results::TrialRecord record(const sweep::TrialSpec& trial) const {
    return results::read_trial_file(world().study().trial(trial.trial_id));
  }

  /// A monitor that asks to stop when `stage` is reported at `step` or later.
  static TrialMonitor stop_at(const std::string& stage, std::int64_t step) {
    auto is_reached = std::make_shared<bool>(false);
    TrialMonitor monitor;
    monitor.progress = [=](const TrialProgress& now) {
      if (now.stage == stage && now.step >= step) *is_reached = true;
    };
    monitor.should_stop = [is_reached] { return *is_reached; };
    return monitor;
  }

  TrialRunner runner{at::kCPU};

 private:
  static std::unique_ptr<TinyWorld> world_;
};

std::unique_ptr<TinyWorld> TrialRunnerTest::world_;

TEST_F(TrialRunnerTest, TrainsEvaluatesTestsAndPublishes) {
  const sweep::TrialSpec trial = spec("prompt_tuning");

  const AttemptResult result = runner.run(trial, world().context(), {});

  ASSERT_EQ(result.status, OutcomeStatus::kSucceeded) << result.message;
  EXPECT_EQ(result.digest, results::sha256_file(world().study().trial(trial.trial_id)));
  const results::TrialRecord got = record(trial);
  EXPECT_EQ(got.status, "succeeded");
  EXPECT_EQ(got.train.step.size(), 12U);
  EXPECT_EQ(got.train.loss.size(), 12U);
  EXPECT_EQ(got.train.learning_rate[0], 0);
  EXPECT_DOUBLE_EQ(got.train.learning_rate[2], 0.3);
  EXPECT_EQ(got.evaluations.step, (std::vector<std::int64_t>{4, 8, 12}));
  EXPECT_EQ(got.evaluations.metrics.at("rte").at("accuracy").size(), 3U);
  EXPECT_EQ(got.evaluations.metrics.at("rte").at("loss").size(), 3U);
  EXPECT_EQ(got.evaluations.parameter_norm.size(), 3U);
  EXPECT_TRUE(got.evaluations.attention_entropy.empty());
  EXPECT_EQ(got.test.at("rte").predictions.size(), 8U);
  EXPECT_EQ(got.test.at("rte").metrics.count("constant_score"), 1U);
  ASSERT_EQ(got.parameters.size(), 1U);
  EXPECT_EQ(got.parameters[0].name, "prompt");
  EXPECT_EQ(got.parameters[0].shape[0], 6);
  EXPECT_GT(got.cost.tokens, 12 * 8 * 10);
  EXPECT_GT(got.cost.peak_memory_bytes, 0);
  EXPECT_TRUE(got.exact);
  EXPECT_EQ(nlohmann::json::parse(got.counts)["rte"]["train"], 40);
  EXPECT_EQ(nlohmann::json::parse(got.provenance)["program"], "attempt-mpi");
}

TEST_F(TrialRunnerTest, ALinearScheduleMayEndBeforeTraining) {  // compat = "authors", two rates
  sweep::TrialSpec trial = spec("prompt_tuning");
  trial.train.optimizer.schedule_steps = 10;

  ASSERT_EQ(runner.run(trial, world().context(), {}).status, OutcomeStatus::kSucceeded);

  const std::vector<double> rates = record(trial).train.learning_rate;
  EXPECT_DOUBLE_EQ(rates[9], 0.3 / 8);
  EXPECT_EQ(rates[10], 0);
  EXPECT_EQ(rates[11], 0);
}

TEST_F(TrialRunnerTest, SelectsTheBestEvaluationAndBreaksTiesByTheLowerLoss) {
  sweep::TrialSpec trial = spec("prompt_tuning");
  trial.train.evaluate_every_steps = 1;

  ASSERT_EQ(runner.run(trial, world().context(), {}).status, OutcomeStatus::kSucceeded);

  const results::TrialRecord got = record(trial);
  const auto& loss = got.evaluations.metrics.at("rte").at("loss");
  std::size_t best = 0;
  for (std::size_t i = 1; i < loss.size(); ++i) {
    const double gain = got.evaluations.selection[i] - got.evaluations.selection[best];
    if (gain > 0 || (gain == 0 && loss[i] < loss[best])) best = i;
  }
  EXPECT_EQ(got.selected_step, got.evaluations.step[best]);
}

TEST_F(TrialRunnerTest, FrozenIsEvaluatedWithoutTraining) {
  const sweep::TrialSpec trial = spec("frozen");

  ASSERT_EQ(runner.run(trial, world().context(), {}).status, OutcomeStatus::kSucceeded);

  const results::TrialRecord got = record(trial);
  EXPECT_TRUE(got.train.step.empty());
  EXPECT_EQ(got.evaluations.step, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(got.test.at("rte").predictions.size(), 8U);
  EXPECT_TRUE(got.parameters.empty());
}

TEST_F(TrialRunnerTest, ALinearHeadPredictsTextsOfLabels) {
  sweep::TrialSpec trial = spec("p_tuning_v2");
  trial.method_options.head = model::PredictionHead::kLinear;
  trial.method_options.classes = 2;

  const AttemptResult result = runner.run(trial, world().context(), {});

  ASSERT_EQ(result.status, OutcomeStatus::kSucceeded) << result.message;
  const results::TrialRecord got = record(trial);
  for (const std::string& prediction : got.test.at("rte").predictions) {
    EXPECT_TRUE(prediction == "0" || prediction == "1") << prediction;
  }
  ASSERT_EQ(got.parameters.size(), 5U);  // three sites, weight and bias
  EXPECT_EQ(got.parameters[3].name, "head.weight");
  EXPECT_EQ(got.parameters[3].shape, (std::vector<std::int64_t>{2, 16}));
}

TEST_F(TrialRunnerTest, FineTuningKeepsNoParametersByDefaultAndLeavesTheBackboneAsItWas) {
  ASSERT_EQ(runner.run(spec("fine_tuning"), world().context(), {}).status,
            OutcomeStatus::kSucceeded);
  EXPECT_TRUE(record(spec("fine_tuning")).parameters.empty());
  sweep::TrialSpec after = spec("frozen");
  after.trial_id[0] = after.trial_id[0] == '0' ? '1' : '0';
  sweep::TrialSpec fresh = after;
  fresh.trial_id[1] = fresh.trial_id[1] == '0' ? '1' : '0';
  ASSERT_EQ(runner.run(after, world().context(), {}).status, OutcomeStatus::kSucceeded);
  ASSERT_EQ(TrialRunner(at::kCPU).run(fresh, world().context(), {}).status,
            OutcomeStatus::kSucceeded);

  EXPECT_EQ(record(after).test.at("rte").metrics.at("loss"),
            record(fresh).test.at("rte").metrics.at("loss"));
}

TEST_F(TrialRunnerTest, PatienceEndsATrialEarly) {
  sweep::TrialSpec trial = spec("prompt_tuning");
  trial.train.optimizer.learning_rate = 0;  // nothing improves after the first evaluation
  trial.train.evaluate_every_steps = 2;
  trial.train.patience = 2;
  TrialProgress last;
  const TrialMonitor monitor = {.progress = [&](const TrialProgress& now) {
    if (now.evaluated_steps.size() == 3) last = now;
  }};

  ASSERT_EQ(runner.run(trial, world().context(), monitor).status, OutcomeStatus::kSucceeded);

  EXPECT_EQ(record(trial).evaluations.step, (std::vector<std::int64_t>{2, 4, 6}));
  EXPECT_EQ(record(trial).selected_step, 2);
  EXPECT_EQ(last.step, 6);
  EXPECT_EQ(last.total_steps, 6);  // nothing is left that a pruner could spare it
}

TEST_F(TrialRunnerTest, ALossThatIsNotANumberFailsWithTheTensorNamed) {
  sweep::TrialSpec trial = spec("prompt_tuning");
  trial.train.optimizer.learning_rate = std::numeric_limits<double>::infinity();

  const AttemptResult result = runner.run(trial, world().context(), {});

  EXPECT_EQ(result.status, OutcomeStatus::kFailed);
  EXPECT_EQ(result.cause, "nan_loss");
  EXPECT_NE(result.message.find("parameter 'prompt'"), std::string::npos) << result.message;
  EXPECT_FALSE(std::filesystem::exists(world().study().trial(trial.trial_id)));
}

TEST_F(TrialRunnerTest, MissingDataFailsWithItsCause) {
  sweep::TrialSpec trial = spec("prompt_tuning");
  trial.data.root = (world().folder() / "nowhere").string();
  trial.tasks[0].fingerprint = "another";

  const AttemptResult result = runner.run(trial, world().context(), {});

  EXPECT_EQ(result.status, OutcomeStatus::kFailed);
  EXPECT_EQ(result.cause, "data") << result.message;
}

struct Interruption {
  const char* stage;
  std::int64_t step;
};

void PrintTo(const Interruption& where, std::ostream* out) {
  *out << where.stage << " at step " << where.step;
}

class ResumeTest : public TrialRunnerTest, public ::testing::WithParamInterface<Interruption> {};

TEST_P(ResumeTest, AnInterruptedTrialEndsBitForBitAsAnUninterruptedOne) {
  sweep::TrialSpec trial = spec("prompt_tuning");
  trial.train.evaluation_batch_size = 2;  // several batches to be stopped between
  const results::StudyFolder study = world().study();
  ASSERT_EQ(runner.run(trial, world().context("straight"), {}).status, OutcomeStatus::kSucceeded);
  const std::string straight = world().comparable_bytes(trial.trial_id);
  std::filesystem::remove(study.trial(trial.trial_id));
  std::filesystem::remove(study.digest(trial.trial_id));

  const AttemptResult first = TrialRunner(at::kCPU).run(trial, world().context("cut"),
                                                        stop_at(GetParam().stage, GetParam().step));
  ASSERT_EQ(first.status, OutcomeStatus::kInterrupted) << first.message;
  const auto kept = results::find_checkpoint(study, trial.trial_id);
  ASSERT_TRUE(kept.checkpoint.has_value());
  EXPECT_EQ(kept.checkpoint->step, GetParam().step);
  const AttemptResult second = TrialRunner(at::kCPU).run(trial, world().context("resumed"), {});

  ASSERT_EQ(second.status, OutcomeStatus::kSucceeded) << second.message;
  EXPECT_EQ(world().comparable_bytes(trial.trial_id), straight);
  EXPECT_TRUE(record(trial).exact);
  EXPECT_FALSE(results::find_checkpoint(study, trial.trial_id).checkpoint.has_value());
}

INSTANTIATE_TEST_SUITE_P(Stages, ResumeTest,
                         ::testing::Values(Interruption{"training", 7},
                                           Interruption{"evaluating", 8},
                                           Interruption{"testing", 12}),
                         [](const auto& test) { return std::string(test.param.stage); });

TEST_F(TrialRunnerTest, AContinuationUnderAnotherThreadCountIsMarkedAsNotExact) {
  sweep::TrialSpec trial = spec("prompt_tuning");
  ASSERT_EQ(runner.run(trial, world().context(), stop_at("training", 5)).status,
            OutcomeStatus::kInterrupted);
  trial.threads = 2;

  ASSERT_EQ(runner.run(trial, world().context(), {}).status, OutcomeStatus::kSucceeded);

  EXPECT_FALSE(record(trial).exact);
}

class AttemptTrialTest : public TrialRunnerTest {
 protected:
  std::string source(const std::string& name, std::uint64_t seed) {
    sweep::TrialSpec trial = spec("prompt_tuning");
    trial.trial_id = results::sha256(test_name() + name).substr(0, 32);
    trial.phase = "source";
    trial.seed = seed;
    EXPECT_EQ(runner.run(trial, world().context(), {}).status, OutcomeStatus::kSucceeded);
    return trial.trial_id;
  }
};

TEST_F(AttemptTrialTest, MixesThePromptsOfFinishedTrials) {
  sweep::TrialSpec trial = world().attempt_spec(source("a", 1), source("b", 2));
  trial.trial_id = results::sha256(test_name()).substr(0, 32);

  const AttemptResult result = runner.run(trial, world().context(), {});

  ASSERT_EQ(result.status, OutcomeStatus::kSucceeded) << result.message;
  const results::TrialRecord got = record(trial);
  const results::AttentionSummary& attention = got.attention.at("rte");
  EXPECT_EQ(attention.names, (std::vector<std::string>{"mnli", "qnli", "target"}));
  ASSERT_EQ(attention.mean.size(), 3U);
  EXPECT_NEAR(attention.mean[0] + attention.mean[1] + attention.mean[2], 1, 1e-6);
  ASSERT_EQ(got.evaluations.attention_entropy.size(), 3U);
  EXPECT_GT(got.evaluations.attention_entropy[0], 0);
  EXPECT_LE(got.evaluations.attention_entropy[0], std::log(3.0) + 1e-9);
  const nlohmann::json sources = nlohmann::json::parse(got.sources);
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0]["sha256"], results::sha256_file(world().study().trial(trial.depends_on[0])));
}

TEST_F(AttemptTrialTest, GMayBeTestedWithAFreshLayerNorm) {  // compat = "authors"
  const std::string first = source("a", 1);
  const std::string second = source("b", 2);
  const auto gains = [&](bool is_fresh) {
    sweep::TrialSpec trial = world().attempt_spec(first, second);
    trial.trial_id = results::sha256(test_name() + (is_fresh ? "1" : "0")).substr(0, 32);
    trial.method_options.g_reloads_fresh_norm = is_fresh;
    EXPECT_EQ(runner.run(trial, world().context(), {}).status, OutcomeStatus::kSucceeded);
    return results::read_trial_parameter(world().study().trial(trial.trial_id), "G.ln_weight")
        .values;
  };
  const std::vector<float> ones(gains(false).size(), 1.0F);
  EXPECT_NE(gains(false), ones);
  EXPECT_EQ(gains(true), ones);
}

TEST_F(AttemptTrialTest, RefusesASourceThatIsNotWhatWasPublished) {
  const std::string damaged = source("a", 1);
  sweep::TrialSpec trial = world().attempt_spec(damaged, source("b", 2));
  trial.trial_id = results::sha256(test_name()).substr(0, 32);
  std::string bytes = attempt::test::read_file(world().study().trial(damaged));
  bytes[bytes.size() / 2] ^= 1;
  std::filesystem::remove(world().study().trial(damaged));
  attempt::test::write_file(world().study().trial(damaged), bytes);

  const AttemptResult result = runner.run(trial, world().context(), {});

  EXPECT_EQ(result.status, OutcomeStatus::kFailed);
  EXPECT_EQ(result.cause, "source") << result.message;
}

}  // namespace
}  // namespace attempt::train
