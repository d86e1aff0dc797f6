#include "runner/train/provenance.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <H5public.h>
#include <torch/version.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "runner/build_info.h"

namespace attempt::train {

namespace {

std::vector<std::string> command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

std::string hdf5_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

}  // namespace

std::string libtorch_version() { return TORCH_VERSION; }

std::string device_description(const at::Device& device) {
  if (device.is_cpu()) return "cpu";
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  return visible == nullptr ? device.str() : device.str() + " of " + visible;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string provenance_json(const at::Device& device, const sweep::TrialSpec& spec,
                            const std::string& run_id, std::int64_t attempt) {
  sweep::TrialSpec kept = spec;
  kept.config_toml.clear();  // an attribute of its own
  return nlohmann::json{{"program", "attempt-mpi"},
                        {"version", kProgramVersion},
                        {"commit", kCommit},
                        {"compiler", __VERSION__},
                        {"libtorch", libtorch_version()},
                        {"hdf5", hdf5_version()},
                        {"host", host_name()},
                        {"device", device_description(device)},
                        {"instruction_set", at::get_cpu_capability()},
                        {"threads", at::get_num_threads()},
                        {"backbone", spec.model.folder},
                        {"backbone_fingerprint", spec.model.fingerprint},
                        {"backbone_note", spec.model.note},
                        {"run_id", run_id},
                        {"attempt", attempt},
                        {"spec", kept},
                        {"command", command_line()}}
      .dump();
}

}  // namespace attempt::train
