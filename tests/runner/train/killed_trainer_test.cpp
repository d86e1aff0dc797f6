#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "results/checkpoint_file.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

using attempt::test::TinyWorld;

/// `attempt-trainer trial` as a process of its own, its output into a file.
pid_t start_trainer(const TinyWorld& world, const std::string& spec_file) {
  const std::string study = world.study().root().string();
  const std::string log = (world.folder() / "trainer.log").string();
  const pid_t pid = fork();
  if (pid == 0) {
    if (std::freopen(log.c_str(), "a", stderr) == nullptr) _exit(126);
    if (std::freopen(log.c_str(), "a", stdout) == nullptr) _exit(126);
    execl(ATTEMPT_TRAINER, ATTEMPT_TRAINER, "trial", spec_file.c_str(), "--study", study.c_str(),
          static_cast<char*>(nullptr));
    _exit(127);
  }
  return pid;
}

int wait_status(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

class KilledTrainerTest : public ::testing::TestWithParam<bool> {};

TEST_P(KilledTrainerTest, ATrialKilledAfterACheckpointEndsBitForBitAsOneThatWasNot) {
  const TinyWorld world;
  sweep::TrialSpec spec = world.spec("prompt_tuning");
  if (GetParam()) {
    spec = world.on_two_tasks(spec);
    spec.method = spec.method_options.method = "prompt_tuning_m";
    spec.method_options.tasks = {"rte", "cola"};
  }
  spec.train.total_steps = 300;
  spec.train.evaluate_every_steps = 50;
  spec.train.checkpoint_every_seconds = 0;  // as often as a hundred times the write time allows
  const std::string spec_file = (world.folder() / "spec.json").string();
  attempt::test::write_file(spec_file, nlohmann::json(spec).dump());
  const results::StudyFolder study = world.study();

  ASSERT_EQ(wait_status(start_trainer(world, spec_file)), 0)
      << attempt::test::read_file(world.folder() / "trainer.log");
  const std::string straight = world.comparable_bytes(spec.trial_id);
  std::filesystem::remove(study.trial(spec.trial_id));
  std::filesystem::remove(study.digest(spec.trial_id));

  const pid_t victim = start_trainer(world, spec_file);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::int64_t reached = 0;
  while (reached == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto found = results::find_checkpoint(study, spec.trial_id);
    if (found.checkpoint) reached = found.checkpoint->step;
  }
  kill(victim, SIGKILL);
  const int status = wait_status(victim);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the trial ended before it could be killed";
  ASSERT_GT(reached, 0);
  ASSERT_FALSE(std::filesystem::exists(study.trial(spec.trial_id)));

  ASSERT_EQ(wait_status(start_trainer(world, spec_file)), 0);
  EXPECT_EQ(world.comparable_bytes(spec.trial_id), straight);
}

INSTANTIATE_TEST_SUITE_P(Tasks, KilledTrainerTest, ::testing::Values(false, true),
                         [](const auto& test) { return test.param ? "Two" : "One"; });

}  // namespace
}  // namespace attempt::train
