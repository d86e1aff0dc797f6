#include <iostream>
#include <map>
#include <string>

#include "runner/search/pruning.h"

/// Answers lines of standard input by the program's own pruning rules, for pruners.py:
///   new RULE AFTER TOTAL     forgets all curves; a trial has TOTAL evaluations
///   report TRIAL SCORE       its next evaluation; the answer is 1 where it is stopped, else 0
int main() {
  using namespace attempt::search;
  PruningRule rule;
  std::int64_t total = 0;
  std::map<std::string, Curve> curves;
  for (std::string word; std::cin >> word;) {
    if (word == "new") {
      curves.clear();
      std::cin >> rule.name >> rule.after >> total;
      continue;
    }
    std::string trial;
    double score = 0;
    std::cin >> trial >> score;
    Curve& curve = curves[trial];
    curve.scores.push_back(score);
    curve.steps.push_back(static_cast<std::int64_t>(curve.scores.size()));
    std::vector<const Curve*> others;
    for (const auto& [name, other] : curves) {
      if (name != trial) others.push_back(&other);
    }
    std::cout << !reason_to_stop(rule, curve, others, total).empty() << std::endl;
  }
}
