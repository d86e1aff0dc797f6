#pragma once

namespace attempt::process {

/// While it lives, INT, TERM, USR1 and USR2 only note that somebody wants this process to stop, and
/// a closed pipe is an error code. One at a time; the former actions return at the end.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The number of the last signal; 0 if none came.
  static int received();
  /// How many came so far; a signal sent twice at once may count once.
  static int count();
  /// Becomes readable with the first signal, for poll(); never read from it.
  int descriptor() const;

 private:
  struct Saved;
  Saved* saved_;
};

}  // namespace attempt::process
