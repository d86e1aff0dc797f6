#pragma once

#include <filesystem>
#include <string>

#include "results/study_folder.h"

namespace attempt::results {

/// A folder of finished trials that studies share, laid out as a study: trials/, tmp/. A trial's id
/// says everything that determines its result, so a file found under it need not be made again.
class SharedStore {
 public:
  /// Makes the folder. @throws StoreError
  explicit SharedStore(const std::filesystem::path& root);

  /// Copies a trial into the study and publishes it there, if the store has it, whole and with the
  /// digest that it was given under. @return its digest; "" when there is none to take.
  std::string take(const StudyFolder& study, const std::string& trial_id) const;

  /// Copies a finished trial of the study into the store; does nothing when it is there, or not
  /// sound. @return whether it is new there.
  bool give(const StudyFolder& study, const std::string& trial_id) const;

 private:
  StudyFolder store_;
};

}  // namespace attempt::results
