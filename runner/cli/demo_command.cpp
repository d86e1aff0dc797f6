#include <cstdio>
#include <filesystem>

#include "demo/world.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

int demo(const Arguments& arguments) {
  const std::filesystem::path folder = arguments.positional("DIR");
  try {
    attempt::demo::write_world(folder, static_cast<std::uint64_t>(arguments.integer("seed", 1, 0)));
  } catch (const std::runtime_error& error) {
    throw EnvironmentError(error.what());
  }
  const char* dir = folder.c_str();
  std::printf(
      "%s: a small made-up world of six tasks, a backbone of 0.4 million parameters, and a study.\n"
      "Next:\n"
      "  attempt run %s/demo.toml --out %s/study --workers 2\n",
      dir, dir, dir);
  return kSuccess;
}

}  // namespace

Command demo_command() {
  return {.spec = {.name = "demo",
                   .summary = "write a small made-up world to try everything on",
                   .description =
                       "Writes six tasks in their official file formats, made of words that do not "
                       "exist; a T5 of 0.4\n"
                       "million parameters and what it was pretrained on (`attempt pretrain`); "
                       "and a study. Equal seeds\n"
                       "give equal files. Results on it are marked as synthetic.",
                   .positionals = {{"DIR", "folder to write to"}},
                   .options = {{"seed", "N", "of the data (default: 1)"}},
                   .examples = {"attempt demo demo-world"}},
          .run = demo};
}

}  // namespace attempt::cli
