#pragma once

#include <string>

namespace attempt::train {

/// Does what a command of `attempt` hands over to the trainer.
/// @param request_file  JSON with "work", the name of what is to be done
/// @return exit code
int run_work(const std::string& request_file);

}  // namespace attempt::train
