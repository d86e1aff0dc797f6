#include <gtest/gtest.h>

#include "model/shapes/method_shapes.h"
#include "results/checkpoint_file.h"
#include "results/digest.h"
#include "results/lease.h"
#include "runner/train/trainer_device.h"
#include "tests/model/golden.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

using attempt::test::test_device;
using attempt::test::TinyWorld;
using process::OutcomeStatus;

/// Every method, in its one-task and its multi-task form, stopped in the middle of training.
class EveryMethodResumeTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {
    if (test_device().is_cuda()) use_deterministic_kernels(trainer_device());
    world_ = std::make_unique<TinyWorld>();
    for (const char* name : {"a", "b"}) {
      sweep::TrialSpec source = world_->spec("prompt_tuning");
      source.trial_id = results::sha256(name).substr(0, 32);
      source.phase = "source";
      source.seed = static_cast<std::uint64_t>(*name);
      const AttemptResult result = TrialRunner(test_device()).run(source, world_->context(), {});
      ASSERT_EQ(result.status, OutcomeStatus::kSucceeded) << result.message;
    }
  }
  static void TearDownTestSuite() { world_.reset(); }
  static TinyWorld& world() { return *world_; }

  static sweep::TrialSpec spec_of(const std::string& method) {
    const std::string base = model::single_task_form(method);
    const bool has_sources = base == "attempt" || base == "spot";
    sweep::TrialSpec spec = has_sources ? world().attempt_spec(results::sha256("a").substr(0, 32),
                                                               results::sha256("b").substr(0, 32))
                                        : world().spec(method);
    model::MethodOptions& options = spec.method_options;
    spec.method = options.method = method;
    spec.trial_id = results::sha256(method).substr(0, 32);
    options.prefix_length = 3;
    options.prefix_hidden = 7;
    options.adapter_reduction = 4;
    if (base == "spot") options.mixed_sources.clear();
    if (base == "p_tuning") options.prompt_encoder = model::PromptEncoderKind::kLstm;
    if (base == "spot" || base == "attempt") options.init = model::PromptInit::kSource;
    spec.train.optimizer.learning_rate = spec.train.optimizer.learning_rate_g = 1e-3;
    spec.train.optimizer.learning_rate_encoder = 1e-3;
    if (!model::is_multi_task(method)) return spec;
    spec = world().on_two_tasks(spec);
    spec.method_options.tasks = {"rte", "cola"};
    if (has_sources) {
      spec.method_options.start_source.clear();
      spec.method_options.task_start_sources = {"mnli", "qnli"};
    }
    return spec;
  }

  static TrialMonitor stop_at_step(std::int64_t step) {
    auto reached = std::make_shared<bool>(false);
    TrialMonitor monitor;
    monitor.progress = [=](const TrialProgress& now) { *reached = now.step >= step; };
    monitor.should_stop = [reached] { return *reached; };
    return monitor;
  }

 private:
  static std::unique_ptr<TinyWorld> world_;
};

std::unique_ptr<TinyWorld> EveryMethodResumeTest::world_;

TEST_P(EveryMethodResumeTest, EndsBitForBitAsAnUninterruptedTrial) {
  const sweep::TrialSpec spec = spec_of(GetParam());
  const results::StudyFolder study = world().study();
  const AttemptResult straight =
      TrialRunner(test_device()).run(spec, world().context("straight"), {});
  ASSERT_EQ(straight.status, OutcomeStatus::kSucceeded) << straight.message;
  const std::string expected = world().comparable_bytes(spec.trial_id);
  std::filesystem::remove(study.trial(spec.trial_id));
  std::filesystem::remove(study.digest(spec.trial_id));

  const AttemptResult cut =
      TrialRunner(test_device()).run(spec, world().context("cut"), stop_at_step(7));
  ASSERT_EQ(cut.status, OutcomeStatus::kInterrupted) << cut.message;
  ASSERT_EQ(results::find_checkpoint(study, spec.trial_id).checkpoint->step, 7);
  const AttemptResult resumed =
      TrialRunner(test_device()).run(spec, world().context("resumed"), {});

  ASSERT_EQ(resumed.status, OutcomeStatus::kSucceeded) << resumed.message;
  EXPECT_EQ(world().comparable_bytes(spec.trial_id), expected);
}

std::vector<std::string> trained_methods() {
  std::vector<std::string> methods = model::method_ids();
  std::erase(methods, "frozen");
  return methods;
}

INSTANTIATE_TEST_SUITE_P(Methods, EveryMethodResumeTest, ::testing::ValuesIn(trained_methods()),
                         [](const auto& test) { return test.param; });

/// What an attempt may do when another has taken its trial.
class FencedAttemptTest : public ::testing::Test {
 protected:
  const TinyWorld world_;
  TrialRunner runner_{at::kCPU};
};

TEST_F(FencedAttemptTest, KeepsNothingOfALateAttempt) {
  const sweep::TrialSpec spec = world_.spec("prompt_tuning");
  results::write_lease(world_.study(), spec.trial_id, {"run1", 1});
  TrialMonitor monitor;
  monitor.progress = [&](const TrialProgress& now) {
    if (now.step == 5) results::write_lease(world_.study(), spec.trial_id, {"run1", 2});
  };

  const AttemptResult late = runner_.run(spec, world_.context("run1", 1), monitor);

  EXPECT_EQ(late.cause, "fenced") << late.message;
  EXPECT_FALSE(std::filesystem::exists(world_.study().trial(spec.trial_id)));
  EXPECT_EQ(runner_.run(spec, world_.context("run1", 2), {}).status, OutcomeStatus::kSucceeded);
}

TEST_F(FencedAttemptTest, ATrialThatIsPublishedIsNotTrainedAgain) {
  const sweep::TrialSpec spec = world_.spec("prompt_tuning");
  const AttemptResult first = runner_.run(spec, world_.context("run1", 1), {});
  std::filesystem::remove(world_.study().digest(spec.trial_id));  // killed before it wrote that

  const AttemptResult second = runner_.run(spec, world_.context("run1", 2), {});

  EXPECT_EQ(second.status, OutcomeStatus::kSucceeded);
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_TRUE(std::filesystem::exists(world_.study().digest(spec.trial_id)));
}

}  // namespace
}  // namespace attempt::train
