#include "runner/schedule/speed_learner.h"

namespace attempt::schedule {

void SpeedLearner::add(const std::string& id, const std::string& kind, double estimated_seconds) {
  trials_[id] = {kind, estimated_seconds};
}

void SpeedLearner::note(const std::string& id, double seconds) {
  const auto found = trials_.find(id);
  if (found == trials_.end() || found->second.estimated_seconds <= 0 || seconds <= 0) return;
  for (Sum* sum : {&kinds_[found->second.kind], &all_}) {
    sum->estimated += found->second.estimated_seconds;
    sum->actual += seconds;
  }
}

double SpeedLearner::expected_seconds(const std::string& id) const {
  const Trial& trial = trials_.at(id);
  const auto kind = kinds_.find(trial.kind);
  if (kind == kinds_.end()) return trial.estimated_seconds * ratio();
  return trial.estimated_seconds * kind->second.actual / kind->second.estimated;
}

double SpeedLearner::ratio() const { return all_.estimated > 0 ? all_.actual / all_.estimated : 1; }

}  // namespace attempt::schedule
