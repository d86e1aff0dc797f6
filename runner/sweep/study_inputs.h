#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/task.h"
#include "model/shapes/t5_config.h"
#include "runner/config/sweep_file.h"
#include "runner/sweep/speeds.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// What a plan must know of the backbone's folder.
struct BackboneFacts {
  model::T5Config config;
  std::string fingerprint;
  std::string tokenizer;  ///< path of spiece.model; "" where there is none
  std::string tokenizer_fingerprint;
  bool is_random = false;     ///< config.json says "attempt_random_weights": true
  bool has_all_files = true;  ///< false: ids are provisional
};

/// What a plan must know of a task's data files.
struct TaskFacts {
  std::string fingerprint;  ///< of the files, the split rule and a definition
  datasets::SplitCounts counts;
  std::vector<std::string> warnings;
};

/// What a plan must know of a ready-made prompt.
struct PromptFacts {
  std::string digest;               ///< SHA-256 of the file
  std::vector<std::int64_t> shape;  ///< [P, D] or [L, P, D]; empty: known when a trainer reads it
  bool is_finite = true;
  std::string backbone;  ///< fingerprint of the backbone it was trained with; "" where unknown
};

/// The files that a plan looks at.
class StudyInputs {
 public:
  virtual ~StudyInputs() = default;

  /// @throws model::ModelError
  virtual BackboneFacts backbone(const config::SweepFile& sweep) = 0;
  /// Counts before max_train_examples. @throws datasets::DataError
  virtual TaskFacts task(const datasets::Task& task, const DataSpec& data,
                         const TaskSpec& settings) = 0;
  /// SHA-256 of a file that a sweep names. @throws datasets::DataError when it cannot be read.
  virtual std::string file_digest(const std::filesystem::path& file) = 0;
  /// @throws std::runtime_error naming the file and why it holds no prompt.
  virtual PromptFacts prompt(const std::filesystem::path& file) = 0;
  /// Ids of a text, without end token. @throws datasets::DataError where the tokenizer is unusable.
  virtual std::vector<std::int32_t> encode(const std::filesystem::path& tokenizer,
                                           const std::string& text) = 0;
  /// What was measured of trials on this machine; nothing by default.
  virtual SpeedTable speeds() { return {}; }
};

/// The real files, with fingerprints and counts remembered in the user's cache folder.
/// @param allow_missing_weights  config.json alone is enough
/// @param speeds  what was measured (speeds.h)
std::unique_ptr<StudyInputs> open_study_inputs(bool allow_missing_weights,
                                               const std::filesystem::path& speeds = speed_file());

}  // namespace attempt::sweep
