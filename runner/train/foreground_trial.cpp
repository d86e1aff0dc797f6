#include "runner/train/foreground_trial.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "results/lease.h"
#include "runner/sweep/pretrain_spec.h"
#include "runner/train/pretrain.h"
#include "runner/train/spec_file.h"
#include "runner/train/stop_signals.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

constexpr int kExitFailed = 1;
constexpr int kExitStopped = 75;

/// A line at every new stage and once a second within one.
class ProgressPrinter {
 public:
  void operator()(const TrialProgress& now) {
    const auto time = std::chrono::steady_clock::now();
    if (now.stage == stage_ && time - last_ < std::chrono::seconds(1)) return;
    stage_ = now.stage;
    last_ = time;
    if (now.stage == "training") {
      fmt::print(stderr, "training {}/{}  loss {:.4f}  {:.1f} examples/s  {:.0f} s left\n",
                 now.step, now.total_steps, now.loss, now.examples_per_second,
                 now.remaining_seconds);
    } else {
      fmt::print(stderr, "{}\n", now.stage);
    }
  }

 private:
  std::string stage_;
  std::chrono::steady_clock::time_point last_{};
};

std::int64_t next_attempt(const std::filesystem::path& study, const std::string& trial_id) {
  return results::latest_attempts(results::StudyFolder(study))[trial_id] + 1;
}

}  // namespace

int run_in_foreground(TrialRunner& runner, const std::filesystem::path& spec_file,
                      const std::filesystem::path& study) {
  const sweep::TrialSpec spec = read_trial_spec(spec_file);
  const AttemptContext context{results::StudyFolder(std::filesystem::absolute(study)),
                               results::make_run_id(), next_attempt(study, spec.trial_id)};
  context.study.create();
  results::write_lease(context.study, spec.trial_id, {context.run_id, context.attempt});
  TrialMonitor monitor;
  monitor.should_stop = is_stop_signalled;
  monitor.progress = ProgressPrinter();
  const AttemptResult result = runner.run(spec, context, monitor);
  switch (result.status) {
    case process::OutcomeStatus::kSucceeded:
      fmt::print("{}\n", context.study.trial(spec.trial_id).string());
      return 0;
    case process::OutcomeStatus::kInterrupted:
      fmt::print(stderr, "attempt: stopped; run the same command again to continue\n");
      return kExitStopped;
    default:
      fmt::print(stderr, "attempt: error: {} ({})\n", result.message, result.cause);
      return kExitFailed;
  }
}

int pretrain_in_foreground(const std::filesystem::path& spec_file, const std::filesystem::path& out,
                           const at::Device& device) {
  std::ifstream in(spec_file);
  const sweep::PretrainSpec spec =
      sweep::pretrain_spec_from_json({std::istreambuf_iterator<char>(in), {}});
  TrialMonitor monitor;
  monitor.should_stop = is_stop_signalled;
  monitor.progress = ProgressPrinter();
  try {
    pretrain(spec, out, device, monitor);
  } catch (const StopRequested&) {
    fmt::print(stderr, "attempt: stopped; run the same command again to continue\n");
    return kExitStopped;
  } catch (const TrialFailure& error) {
    fmt::print(stderr, "attempt: error: {} ({})\n", error.what(), error.cause);
    return kExitFailed;
  }
  fmt::print("{}\n", (out / "backbone").string());
  return 0;
}

}  // namespace attempt::train
