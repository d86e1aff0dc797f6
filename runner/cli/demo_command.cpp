#include <cstdio>
#include <filesystem>

#include "demo/full/full_world.h"
#include "demo/world.h"
#include "runner/cli/commands.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

void small_world(const std::filesystem::path& folder, std::uint64_t seed) {
  attempt::demo::write_world(folder, seed);
  const char* dir = folder.c_str();
  std::printf(
      "%s: a small made-up world of six tasks, a backbone of 0.4 million parameters, and a study.\n"
      "Next:\n"
      "  attempt run %s/demo.toml --out %s/study --workers 2\n",
      dir, dir, dir);
}

void full_world(const std::filesystem::path& folder, const attempt::demo::FullWorld& world) {
  const bool has_backbone = attempt::demo::write_full_world(folder, world);
  const char* dir = folder.c_str();
  std::printf("%s: a made-up world of all 23 tasks and two of its own.\nNext:\n", dir);
  if (!has_backbone) {
    std::printf(
        "  attempt pretrain %s/pretrain/pretrain.toml --out %s    (there is no ready backbone "
        "for this seed)\n",
        dir, dir);
  }
  std::printf(
      "  attempt run sweeps/demo_full.toml --set model.path=%s/backbone --set data.root=%s/data "
      "--out %s/study --workers 2\n",
      dir, dir, dir);
}

int demo(const Arguments& arguments) {
  const std::filesystem::path folder = arguments.positional("DIR");
  const std::string world = arguments.value("world", "small");
  const auto seed = static_cast<std::uint64_t>(arguments.integer("seed", 1, 0));
  const std::int64_t rows = arguments.integer("rows", 3000, 1);
  if (world != "small" && world != "full") {
    throw UsageError("--world " + world + " is none of small, full");
  }
  if (world == "small" && (arguments.has("rows") || arguments.has("shuffle-labels"))) {
    throw UsageError("--rows and --shuffle-labels belong to --world full");
  }
  if (world == "small") {
    small_world(folder, seed);
  } else {
    full_world(folder, {.seed = seed,
                        .rows = static_cast<std::size_t>(rows),
                        .shuffles_labels = arguments.has("shuffle-labels")});
  }
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
                       "and a study. The full\n"
                       "world has all 23 tasks, a tagging task and a task in Georgian letters; "
                       "sweeps/demo_full.toml is its\n"
                       "study. Equal seeds give equal files. Results are marked as synthetic.",
                   .positionals = {{"DIR", "folder to write to"}},
                   .options = {{"world", "NAME", "small or full (default: small)"},
                               {"seed", "N",
                                "of the data; in the full world of its words and templates too "
                                "(default: 1)"},
                               {"rows", "N",
                                "training rows a task of the full world (default: "
                                "3000)"},
                               {"shuffle-labels", "",
                                "training labels of the full world in random order, as a control"}},
                   .examples = {"attempt demo demo-world", "attempt demo world --world full"}},
          .run = demo};
}

}  // namespace attempt::cli
