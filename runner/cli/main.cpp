#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/errors.h"
#include "runner/cli/usage_error.h"
#include "runner/cli/version.h"

namespace {

using namespace attempt::cli;

/// Every command, in the order in which a newcomer meets them.
std::vector<Command> all_commands() {
  return {plan_command(),
          run_command(),
          submit_command(),
          status_command(),
          show_command(),
          logs_command(),
          stop_command(),
          report_command(),
          compare_command(),
          export_command(),
          pack_command(),
          eval_command(),
          predict_command(),
          prompt_inspect_command(),
          prompt_import_command(),
          prompt_export_command(),
          prompt_similarity_command(),
          data_check_command(),
          data_show_command(),
          trial_command(),
          demo_command(),
          pretrain_command(),
          doctor_command(),
          verify_command()};
}

std::string general_help(const std::vector<Command>& commands) {
  std::string text =
      "attempt: parameter-efficient tuning studies of T5 (ATTEMPT and its baselines) over MPI.\n\n"
      "Usage: attempt COMMAND [ARGUMENTS] [OPTIONS]\n"
      "       attempt COMMAND --help | attempt --version\n\n"
      "A study is one TOML file: tasks, methods, seeds, grids. `attempt plan` shows what it would\n"
      "do, `attempt run` does it on as many workers as there are, and the same command continues\n"
      "it after any interruption.\n\nCommands:\n";
  for (const Command& command : commands) {
    text += "  " + command.spec.name + std::string(19 - command.spec.name.size(), ' ') +
            command.spec.summary + "\n";
  }
  return text +
         "\nExit codes: 0 all trials succeeded; 1 some failed for good; 2 usage, configuration or\n"
         "data error, nothing was run; 3 environment; 75 stopped early, run the same command "
         "again.\n";
}

/// Finds the command of one or two words and removes these words from `args`.
const Command* take_command(const std::vector<Command>& commands, std::vector<std::string>& args) {
  for (const std::size_t words : {2U, 1U}) {
    if (args.size() < words) continue;
    const std::string name = words == 2 ? args[0] + " " + args[1] : args[0];
    const auto found = std::find_if(commands.begin(), commands.end(),
                                    [&](const Command& c) { return c.spec.name == name; });
    if (found != commands.end()) {
      args.erase(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(words));
      return &*found;
    }
  }
  return nullptr;
}

int dispatch(std::vector<std::string> args) {
  const std::vector<Command> commands = all_commands();
  if (args.size() > 1 && args[0] == "help") {  // `attempt help run`
    args.erase(args.begin());
    args.push_back("--help");
  }
  if (args.empty() || args[0] == "--help" || args[0] == "help" || args[0] == "-h") {
    std::fputs(general_help(commands).c_str(), stdout);
    return args.empty() ? kUsage : kSuccess;
  }
  if (args[0] == "--version") {
    std::fputs(version_text().c_str(), stdout);
    return kSuccess;
  }
  const std::string first = args[0];
  const Command* command = take_command(commands, args);
  if (command == nullptr) {
    std::vector<std::string> names;
    std::string longer;  // commands of two words that begin with this one
    for (const Command& known : commands) {
      names.push_back(known.spec.name);
      if (!known.spec.name.starts_with(first + " ")) continue;
      longer += (longer.empty() ? "'" : " or '") + known.spec.name + "'";
    }
    if (!longer.empty() && std::find(args.begin(), args.end(), "--help") != args.end()) {
      std::printf("`attempt %s` is the beginning of %s; each has its own --help\n", first.c_str(),
                  longer.c_str());
      return kSuccess;
    }
    if (!longer.empty()) {
      throw UsageError("'" + first + "' is the beginning of a command (write " + longer + ")");
    }
    const std::string near = closest_word(first, names);
    throw UsageError("unknown command '" + first + "'" +
                     (near.empty() ? "" : " (did you mean '" + near + "'?)") +
                     ". `attempt --help` lists the commands");
  }
  const auto separator = std::find(args.begin(), args.end(), "--");
  if (std::find(args.begin(), separator, "--help") != separator) {
    std::fputs(help_text(command->spec).c_str(), stdout);
    return kSuccess;
  }
  return command->run(parse_arguments(command->spec, args));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int code = dispatch({argv + 1, argv + argc});
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw EnvironmentError("standard output cannot be written (disk full, or its reader left)");
    }
    return code;
  } catch (const std::exception& error) {
    return report_error(error);
  }
}
