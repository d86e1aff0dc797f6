#pragma once

#include <string>
#include <unordered_map>

namespace attempt::schedule {

/// Corrects the estimates of trials by what finished ones took: those of the same kind by their
/// kind's ratio, others by that of all.
class SpeedLearner {
 public:
  void add(const std::string& id, const std::string& kind, double estimated_seconds);
  /// A trial has finished. Ids that were not added, and trials without an estimate, are passed
  /// over.
  void note(const std::string& id, double seconds);

  /// Of a trial that was added: what it is expected to take now.
  double expected_seconds(const std::string& id) const;
  /// Actual over estimated seconds of all that finished; 1 while none has.
  double ratio() const;

 private:
  struct Sum {
    double estimated = 0;
    double actual = 0;
  };
  struct Trial {
    std::string kind;
    double estimated_seconds = 0;
  };
  std::unordered_map<std::string, Trial> trials_;
  std::unordered_map<std::string, Sum> kinds_;
  Sum all_;
};

}  // namespace attempt::schedule
