#pragma once

namespace attempt::train {

/// From now on TERM (and INT, when `with_interrupt`) only set a flag; otherwise INT is ignored, as
/// a Ctrl-C at the terminal is the agent's business. A closed pipe is an error code, not a signal.
void watch_stop_signals(bool with_interrupt);

bool is_stop_signalled();

}  // namespace attempt::train
