#pragma once

#include <functional>
#include <string>

namespace attempt::results {

/// Runs `check` in a child process with a time limit: a file may be so damaged that the library
/// which opens it crashes or hangs. The child has none of the caller's other threads: `check` may
/// not wait for one, and none may hold a lock meanwhile.
/// @return "" when it returned; else what it threw, or how the child ended.
std::string problem_in_child(const std::function<void()>& check, int seconds);

}  // namespace attempt::results
