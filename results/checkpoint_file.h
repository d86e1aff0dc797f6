#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/study_folder.h"
#include "results/trial_record.h"

namespace attempt::results {

/// State of a running trial after optimiser step `step`: everything that exact resume needs.
struct Checkpoint {
  std::string trial_id;
  std::string run_id;
  std::int64_t attempt = 0;
  std::int64_t step = 0;
  std::vector<NamedArray> parameters;       ///< current
  std::vector<NamedArray> best_parameters;  ///< of the best evaluation so far
  std::vector<NamedArray> optimizer;        ///< moments, named "<parameter>.<slot>"
  std::map<std::string, std::vector<std::uint8_t>> generators;  ///< random streams by name
  TrialRecord record;  ///< histories, cost and counters so far
  std::string state;   ///< JSON: what else the training loop keeps; numbers round-trip exactly
};

/// Writes checkpoints/<trial_id>/<run_id>.<attempt>.<step>.h5 with a checksum (temporary file,
/// fsync, rename), then removes all but the newest two of the trial.
void write_checkpoint(const StudyFolder& folder, const Checkpoint& checkpoint);

/// The sound checkpoint with the highest step; unsound ones are skipped, `unsound` names them.
struct FoundCheckpoint {
  std::optional<Checkpoint> checkpoint;
  std::vector<std::string> unsound;
};
FoundCheckpoint find_checkpoint(const StudyFolder& folder, const std::string& trial_id);

/// Reads one checkpoint. @throws StoreError unless it is whole and of this trial.
void require_checkpoint(const std::filesystem::path& path, const std::string& trial_id);

void remove_checkpoints(const StudyFolder& folder, const std::string& trial_id);

}  // namespace attempt::results
