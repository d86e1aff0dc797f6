#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "results/run_holder.h"
#include "runner/mpi/communicator.h"
#include "runner/schedule/heartbeats.h"
#include "runner/schedule/run_study.h"

// study_program STUDY RUN_ID TIMEOUT_S LABEL...: runs one trial a label with the test trainer.
// A label "<label>@<n>" depends on trial n; "<label>*<n>" stands for n of them. Trial ids are "t0",
// "t1", ... STUDY_PROGRAM_PLAN_MS: how long rank 0 takes to make its plan. STUDY_PROGRAM_BUNDLE:
// how many of them may share a slot. STUDY_PROGRAM_SECONDS: what each is estimated to take.
namespace {

std::vector<std::string> labels(int count, char** words) {
  std::vector<std::string> found;
  for (int i = 0; i < count; ++i) {
    const std::string word = words[i];
    const auto star = word.find('*');
    const int times = star == std::string::npos ? 1 : std::atoi(word.c_str() + star + 1);
    for (int j = 0; j < times; ++j) found.push_back(word.substr(0, star));
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace attempt;
  const process::StopSignals signals;
  const double heartbeat = std::atof(argv[3]);
  mpi::ScopedMpi mpi(&argc, &argv, std::max(4.0, heartbeat));
  const results::StudyFolder folder(argv[1]);
  sweep::Plan plan;
  if (mpi.world().rank() == 0) {
    folder.create();
    results::take_study(folder, results::this_process(argv[2]), std::chrono::milliseconds(0));
    if (const char* plan_ms = std::getenv("STUDY_PROGRAM_PLAN_MS"); plan_ms != nullptr) {
      schedule::work_with_heartbeats(mpi.world(), heartbeat, [plan_ms] {
        std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(plan_ms)));
      });
    }
    if (const char* width = std::getenv("STUDY_PROGRAM_BUNDLE"); width != nullptr) {
      plan.bundle_width = std::atoi(width);
    }
    std::istringstream seconds(std::getenv("STUDY_PROGRAM_SECONDS") == nullptr
                                   ? ""
                                   : std::getenv("STUDY_PROGRAM_SECONDS"));
    for (const std::string& word : labels(argc - 4, argv + 4)) {
      sweep::PlannedTrial trial;
      if (!(seconds >> trial.estimated_seconds)) trial.estimated_seconds = 1;
      trial.spec.trial_id = "t" + std::to_string(plan.trials.size());
      trial.spec.label = word.substr(0, word.find('@'));
      if (const auto at = word.find('@'); at != std::string::npos) {
        trial.spec.depends_on = {"t" + word.substr(at + 1)};
      }
      if (plan.bundle_width > 1) {  // what sweep::bundle_key() asks for
        trial.spec.method_options.method = "prompt_tuning";
        trial.spec.tasks = {{.name = "rte"}};
        trial.spec.train.total_steps = 1;
      }
      plan.trials.push_back(trial);
    }
  }
  schedule::StudyRun run{.plan = &plan,
                         .folder = folder,
                         .communicator = mpi.world(),
                         .run_id = argv[2],
                         .trainer = ATTEMPT_TEST_TRAINER,
                         .signals = signals,
                         .heartbeat_timeout_seconds = heartbeat};
  const schedule::RunResult result = schedule::run_study(run);
  if (mpi.world().rank() == 0) {
    std::printf("code %d succeeded %d failed %d blocked %d\n", result.exit_code,
                static_cast<int>(result.counts.succeeded), static_cast<int>(result.counts.failed),
                static_cast<int>(result.counts.blocked));
    std::fflush(stdout);
  }
  if (result.is_rank_lost) ::_exit(result.exit_code);
  return result.exit_code;
}
