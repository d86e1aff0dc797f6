#include "runner/train/stop_signals.h"

#include <csignal>

namespace attempt::train {

namespace {

volatile std::sig_atomic_t stop_signalled = 0;

void note_stop(int) { stop_signalled = 1; }

}  // namespace

void watch_stop_signals(bool with_interrupt) {
  struct sigaction action {};
  action.sa_handler = note_stop;
  sigaction(SIGTERM, &action, nullptr);
  if (!with_interrupt) action.sa_handler = SIG_IGN;
  sigaction(SIGINT, &action, nullptr);
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignored, nullptr);
}

bool is_stop_signalled() { return stop_signalled != 0; }

}  // namespace attempt::train
