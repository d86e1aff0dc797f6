#pragma once

#include <exception>
#include <functional>
#include <string>

#include "runner/process/message.h"

namespace attempt::train {

/// How an attempt ended; never an exception.
struct AttemptResult {
  process::OutcomeStatus status = process::OutcomeStatus::kFailed;
  std::string cause;            ///< "" on success
  std::string message;          ///< for people
  std::string digest;           ///< of the published file
  bool is_device_lost = false;  ///< the process should end: its device takes no more work
  /// Trials that shared the pass in which it failed, so that any of them may be the cause.
  std::int64_t mates = 0;
};

/// Turns whatever ends an attempt early into its result.
/// @param attempt  returns the digest of the published file
AttemptResult result_of(const std::function<std::string()>& attempt);

/// Too little memory, or an error of the device: nothing that was read is to blame.
bool is_of_the_machine(const std::exception& error);

/// From now on a process whose device fails while an exception is on its way (whatever gives back
/// memory of the device then throws too) ends with process::kDeviceErrorExit instead of aborting.
void exit_on_device_error();

}  // namespace attempt::train
