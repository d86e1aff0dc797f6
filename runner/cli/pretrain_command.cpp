#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "results/publish.h"
#include "runner/cli/commands.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/trainer_path.h"
#include "runner/sweep/pretrain_spec.h"

namespace attempt::cli {

namespace {

namespace fs = std::filesystem;

int pretrain(const Arguments& arguments) {
  const sweep::PretrainSpec spec = sweep::read_pretrain_file(arguments.positional("FILE"));
  const std::string trainer = trainer_executable().string();
  const fs::path out = fs::absolute(arguments.value("out", "pretrained"));
  fs::create_directories(out);
  const std::string file = (out / "pretrain.json").string();
  results::write_file_atomically(file, sweep::to_json(spec) + "\n");
  execl(trainer.c_str(), trainer.c_str(), "pretrain", file.c_str(), "--study", out.c_str(),
        static_cast<char*>(nullptr));
  throw EnvironmentError(trainer + ": cannot be started (" + std::strerror(errno) + ")");
}

}  // namespace

Command pretrain_command() {
  return {.spec = {.name = "pretrain",
                   .summary = "train a small T5 from nothing",
                   .description =
                       "Span corruption of plain text together with text-to-text pairs and "
                       "training splits of tasks, as\n"
                       "a TOML file says (demo/pretrain.toml explains each key). Leaves "
                       "OUT/backbone, a folder in Hugging\n"
                       "Face's layout, and OUT/loss.h5. After an interruption the same command "
                       "goes on and ends with the\n"
                       "same bits.",
                   .positionals = {{"FILE", "pretrain.toml"}},
                   .options = {{"out", "DIR", "where to write (default: pretrained)"}},
                   .examples = {"attempt pretrain world/pretrain/pretrain.toml --out pretrained"}},
          .run = pretrain};
}

}  // namespace attempt::cli
