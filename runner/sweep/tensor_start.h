#pragma once

#include <string>

namespace attempt::sweep {

/// Trained tensors of another trial that a trial starts from.
struct TensorStart {
  static constexpr const char* kAll = "all trained tensors";
  static constexpr const char* kG = "G";  ///< ATTEMPT's attention network

  std::string tensors = kAll;
  std::string trial_id;  ///< of the study; "" for a file
  std::string path;      ///< file of a trial of another study; absolute; "" for a trial
  std::string sha256;    ///< of that file
};

}  // namespace attempt::sweep
