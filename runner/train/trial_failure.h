#pragma once

#include <stdexcept>
#include <string>

namespace attempt::train {

/// A trial that cannot go on, with the word that the manager counts and reports by, e.g.
/// "nan_loss".
class TrialFailure : public std::runtime_error {
 public:
  TrialFailure(std::string cause_word, const std::string& message)
      : std::runtime_error(message), cause(std::move(cause_word)) {}

  const std::string cause;
};

/// Thrown between two steps or two batches of an evaluation after a request to stop.
class StopRequested : public std::runtime_error {
 public:
  StopRequested() : std::runtime_error("stopped on request") {}
};

}  // namespace attempt::train
