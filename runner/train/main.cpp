#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <boost/program_options.hpp>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "runner/build_info.h"
#include "runner/process/channel.h"
#include "runner/train/attempt_result.h"
#include "runner/train/channel_session.h"
#include "runner/train/foreground_trial.h"
#include "runner/train/provenance.h"
#include "runner/train/stop_signals.h"
#include "runner/train/trainer_device.h"
#include "runner/train/work.h"

namespace {

namespace po = boost::program_options;
using namespace attempt;

constexpr int kUsageError = 2;

constexpr const char* kUsage =
    "Usage: attempt-trainer trial SPEC.json [--study DIR]   one trial in the foreground\n"
    "       attempt-trainer pretrain SPEC.json [--study DIR] a backbone from nothing\n"
    "       attempt-trainer work REQUEST                    what a command of `attempt` asks for\n"
    "       attempt-trainer --channel                       work for an agent (descriptor 3)\n"
    "       attempt-trainer --version\n"
    "`attempt` starts this program; people rarely do.\n";

/// Lets the allocator keep the memory of one step for the next. By default glibc gives blocks above
/// 128 KiB back at once, so that each activation would be zeroed page by page again.
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

int serve(train::TrialRunner& runner, const at::Device& device) {
  train::watch_stop_signals(/*with_interrupt=*/false);
  process::Hello hello;
  hello.host = train::host_name();
  hello.devices = {train::device_description(device)};
  hello.pid = getpid();
  hello.version = std::string(kProgramVersion) + " " + kCommit;
  train::ChannelSession session(process::Channel(process::kTrainerChannelFd), runner,
                                std::move(hello));
  return session.run();
}

int run(int argc, char** argv) {
  po::options_description options;
  options.add_options()("channel", "")("help", "")("version", "")(
      "study", po::value<std::string>()->default_value("."))("words",
                                                             po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("words", -1);
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv).options(options).positional(positional).run(),
            values);
  if (values.count("help") > 0) {
    fmt::print("{}", kUsage);
    return 0;
  }
  if (values.count("version") > 0) {
    fmt::print("attempt-trainer {} ({}), LibTorch {}\n", kProgramVersion, kCommit,
               train::libtorch_version());
    return 0;
  }
  const auto words = values.count("words") > 0 ? values["words"].as<std::vector<std::string>>()
                                               : std::vector<std::string>();
  const bool is_channel = values.count("channel") > 0 && words.empty();
  const bool is_trial = words.size() == 2 && words[0] == "trial";
  const bool is_pretraining = words.size() == 2 && words[0] == "pretrain";
  const bool is_work = words.size() == 2 && words[0] == "work";
  if (!is_channel && !is_trial && !is_pretraining && !is_work) {
    fmt::print(stderr, "{}", kUsage);
    return kUsageError;
  }
  if (is_work) return train::run_work(words[1]);
  keep_freed_memory();
  at::set_num_interop_threads(1);
  train::exit_on_device_error();
  const at::Device device = train::trainer_device();
  train::use_deterministic_kernels(device);
  train::TrialRunner runner(device);
  if (is_channel) return serve(runner, device);
  train::watch_stop_signals(/*with_interrupt=*/true);
  if (is_pretraining) {
    return train::pretrain_in_foreground(words[1], values["study"].as<std::string>(), device);
  }
  return train::run_in_foreground(runner, words[1], values["study"].as<std::string>());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "attempt: error: " << error.what() << '\n';
    return kUsageError;
  }
}
