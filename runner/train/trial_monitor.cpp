#include "runner/train/trial_monitor.h"

#include "runner/train/trial_failure.h"

namespace attempt::train {

void TrialMonitor::check_stop() const {
  if (should_stop && should_stop()) throw StopRequested();
}

void TrialMonitor::report(const TrialProgress& now) const {
  if (progress) progress(now);
}

}  // namespace attempt::train
