#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "results/study_folder.h"
#include "results/trial_record.h"
#include "runner/sweep/trial_spec.h"
#include "runner/train/trial_runner.h"
#include "tests/support/test_support.h"

namespace attempt::test {

/// A data root with hand-made RTE files (40 training, 16 official validation rows) and CoLA files,
/// a tokenizer trained on the former, and a study folder; the backbone is a golden one.
class TinyWorld {
 public:
  TinyWorld();

  /// A trial on RTE: 12 steps of 8 rows, evaluated every 4 steps, dropout 0.1, one thread.
  sweep::TrialSpec spec(const std::string& method) const;

  /// An `attempt` trial that mixes the prompts of two finished trials.
  sweep::TrialSpec attempt_spec(const std::string& first_source,
                                const std::string& second_source) const;

  /// The same trial on RTE and CoLA (24 training, 12 official validation rows).
  sweep::TrialSpec on_two_tasks(sweep::TrialSpec spec) const;

  train::AttemptContext context(const std::string& run_id = "run1",
                                std::int64_t attempt = 1) const {
    return {study(), run_id, attempt};
  }
  results::StudyFolder study() const { return results::StudyFolder(folder_ / "study"); }
  const TemporaryFolder& folder() const { return folder_; }

  /// The bytes of a trial's file with what may differ between equal runs taken out: provenance and
  /// cost.
  std::string comparable_bytes(const std::string& trial_id) const;

 private:
  TemporaryFolder folder_;
};

}  // namespace attempt::test
