#pragma once

#include <vector>

#include "runner/cli/arguments.h"

namespace attempt::cli {

/// A command of the program: what --help says of it, and what it does.
struct Command {
  CommandSpec spec;
  int (*run)(const Arguments& arguments);  ///< returns an exit code; throws for errors
};

// One function a file; the list in main.cpp is the program.
Command plan_command();
Command run_command();
Command status_command();
Command show_command();
Command logs_command();
Command stop_command();
Command trial_command();
Command demo_command();
Command pretrain_command();
Command data_check_command();
Command data_show_command();
Command export_command();
Command report_command();
Command compare_command();
Command pack_command();
Command doctor_command();
Command verify_command();
Command submit_command();
Command prompt_inspect_command();
Command prompt_import_command();
Command prompt_export_command();
Command prompt_similarity_command();
Command eval_command();
Command predict_command();

}  // namespace attempt::cli
