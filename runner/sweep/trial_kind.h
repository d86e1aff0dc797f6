#pragma once

#include <map>
#include <memory>
#include <string>

#include "runner/sweep/plan.h"

namespace attempt::sweep {

/// 16 hex digits that trials share which take as long for a step and for a row of an evaluation:
/// backbone, method and its shapes, task, lengths, batch. Seeds, rates and numbers of steps do not
/// matter.
std::string trial_kind(const TrialSpec& spec);

/// Kinds of trials that come by the hundred and differ in their seeds alone.
class TrialKinds {
 public:
  const std::string& of(const TrialSpec& spec,
                        const std::shared_ptr<const std::vector<ValueOrigin>>& values);

 private:
  /// Trials that share their settings are of one kind; the key keeps its place in memory.
  std::map<std::shared_ptr<const std::vector<ValueOrigin>>, std::string> known_;
};

}  // namespace attempt::sweep
