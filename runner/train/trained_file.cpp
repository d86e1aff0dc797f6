#include "runner/train/trained_file.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"
#include "model/torch_file.h"
#include "results/child_check.h"
#include "results/digest.h"
#include "results/store_error.h"
#include "results/trial_file.h"
#include "runner/sweep/study_inputs.h"
#include "runner/train/named_arrays.h"

namespace attempt::train {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kSecondsToRead = 120;
constexpr rlim_t kSpareMemory = rlim_t{1} << 30;

/// The file with the tensors of a PEFT folder, or of one of its files; any other file itself.
fs::path weights_of(const fs::path& path) {
  const fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  if (!fs::is_directory(path) && !fs::exists(folder / "adapter_config.json")) return path;
  const fs::path weights = folder / "adapter_model.safetensors";
  return fs::exists(weights) ? weights : folder / "adapter_model.bin";
}

/// Bytes of address space that this process has.
rlim_t address_space() {
  std::ifstream in("/proc/self/statm");
  rlim_t pages = 0;
  in >> pages;
  return pages * 4096;
}

void bound_memory(std::uint64_t file_bytes) {
  const rlim_t limit = address_space() + kSpareMemory + 4 * file_bytes;
  const rlimit bound{limit, limit};
  ::setrlimit(RLIMIT_AS, &bound);
}

/// The torch file that holds the tensors of `path`; "" where they are in another format.
fs::path torch_file_of(const fs::path& path) {
  const fs::path weights = weights_of(path);
  return weights.extension() == ".pt" || weights.extension() == ".bin" ? weights : fs::path();
}

/// What LibTorch reads is tried in a child process first. A copy of this process has none of its
/// threads, and would wait for them for ever: it works alone, and takes the tensors from the file
/// without computing anything with them.
void try_in_child(const fs::path& torch_file) {
  const std::string problem = results::problem_in_child(
      [&] {
        at::set_num_threads(1);
        bound_memory(fs::file_size(torch_file));
        model::read_torch_file(torch_file);
      },
      kSecondsToRead);
  if (problem.empty()) return;
  const std::string name = torch_file.string() + ": ";  // the reader's own errors begin with it
  throw model::ModelError(torch_file.string(),
                          problem.starts_with(name) ? problem.substr(name.size()) : problem);
}

json object_of(const std::string& text) {
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed : json::object();
}

TrainedFile read_trial(const fs::path& path) {
  const results::TrialRecord record = results::read_trial_file(path);
  TrainedFile file;
  file.path = path;
  file.trial_id = record.trial_id;
  file.tasks = record.tasks;
  const json provenance = object_of(record.provenance);
  file.fingerprint = provenance.value("backbone_fingerprint", "");
  file.adapter.format = "trial file";
  file.adapter.base_model = provenance.value("backbone", "");
  file.adapter.options.method = record.method;
  file.adapter.tensors = to_tensors(record.parameters);
  if (file.adapter.tensors.empty() && record.method != "frozen") {
    throw results::StoreError(path.string(),
                              "has no trained tensors (save_parameters left them "
                              "out). Run the trial with save_parameters = \"all\"");
  }
  for (const model::NamedTensor& tensor : file.adapter.tensors) {
    if (const std::string bad = model::bad_value(tensor.value); !bad.empty()) {
      throw model::ModelError(
          path.string(),
          "tensor '" + tensor.name + "' holds values that are no numbers (" + bad + ")");
    }
  }
  if (provenance.contains("spec")) {
    try {
      file.spec =
          std::make_shared<const sweep::TrialSpec>(provenance.at("spec").get<sweep::TrialSpec>());
    } catch (const std::exception& error) {
      throw model::ModelError(path.string(), std::string("says in another way what its trial was "
                                                         "asked to do (") +
                                                 error.what() + "). Use the version that wrote it");
    }
    file.adapter.options = file.spec->method_options;
  } else {  // of an older version: as far as the tensors tell
    for (const model::NamedTensor& tensor : file.adapter.tensors) {
      if (tensor.name == "prompt") file.adapter.options.prompt_length = tensor.value.size(0);
    }
  }
  return file;
}

/// The last part of a path or a hub's name, in lower case: "google/T5-base/" -> "t5-base".
std::string short_name(std::string name) {
  while (!name.empty() && name.back() == '/') name.pop_back();
  name.erase(0, name.find_last_of('/') + 1);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

/// Names that a backbone's folder goes by: its own, and what its config.json says.
std::vector<std::string> names_of(const BackboneFolder& backbone) {
  std::ifstream in(backbone.folder / "config.json");
  const json config = json::parse(in, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> names = {short_name(fs::absolute(backbone.folder).string())};
  if (config.is_object() && config.contains("_name_or_path") &&
      config["_name_or_path"].is_string()) {
    names.push_back(short_name(config["_name_or_path"]));
  }
  return names;
}

}  // namespace

TrainedFile read_trained_file(const fs::path& path) {
  if (!fs::exists(path)) throw model::ModelError(path.string(), "is not there");
  if (path.extension() == ".h5") {
    TrainedFile file = read_trial(path);
    file.sha256 = results::sha256_file(path);
    return file;
  }
  const fs::path torch_file = torch_file_of(path);
  if (!torch_file.empty() && fs::is_regular_file(torch_file)) try_in_child(torch_file);
  TrainedFile file;
  file.path = path;
  file.adapter = model::read_adapter(path);
  file.sha256 = results::sha256_file(fs::is_directory(path) ? weights_of(path) : path);
  return file;
}

BackboneFolder read_backbone_folder(const fs::path& folder) {
  config::SweepFile sweep;
  sweep.model_path = fs::absolute(folder).lexically_normal().string();
  const auto inputs = sweep::open_study_inputs(/*allow_missing_weights=*/false);
  const sweep::BackboneFacts facts = inputs->backbone(sweep);
  return {sweep.model_path, facts.config, facts.fingerprint, facts.tokenizer};
}

void require_backbone(const TrainedFile& file, const BackboneFolder& backbone, bool is_any_base) {
  model::require_fitting(file.path, file.adapter, backbone.config);
  if (is_any_base) return;
  const auto refuse = [&](const std::string& trained_with, const std::string& given) {
    throw model::ModelError(
        file.path.string(),
        fmt::format("was trained with another backbone: {}, and {} is {} (its shapes fit, what it "
                    "does would be chance). Name the folder of its own backbone, or say "
                    "--any-base",
                    trained_with, backbone.folder.string(), given));
  };
  if (!file.fingerprint.empty()) {
    if (file.fingerprint != backbone.fingerprint) {
      refuse("fingerprint " + file.fingerprint.substr(0, 12), backbone.fingerprint.substr(0, 12));
    }
    return;
  }
  if (file.adapter.base_model.empty()) return;
  const std::vector<std::string> names = names_of(backbone);
  if (std::find(names.begin(), names.end(), short_name(file.adapter.base_model)) == names.end()) {
    refuse("'" + file.adapter.base_model + "'", "'" + names.back() + "'");
  }
}

void write_imported(const fs::path& path, const TrainedFile& file, const BackboneFolder& backbone,
                    const std::string& task) {
  sweep::TrialSpec spec;
  spec.trial_id =
      results::sha256("imported " + file.sha256 + " " + backbone.fingerprint + " " + task)
          .substr(0, 32);
  spec.phase = "source";
  spec.method = file.adapter.options.method;
  spec.model.folder = backbone.folder.string();
  spec.model.fingerprint = backbone.fingerprint;
  spec.method_options = file.adapter.options;
  spec.trainable_parameters = model::trained_parameter_count(file.adapter.options, backbone.config);

  results::TrialRecord record;
  record.trial_id = spec.trial_id;
  record.phase = spec.phase;
  record.method = spec.method;
  if (!task.empty()) record.tasks = {task};
  record.status = "succeeded";
  record.trainable_parameters = spec.trainable_parameters;
  record.compat = "{}";
  record.sources = "[]";
  record.counts = "{}";
  record.provenance = json{
      {"program", "attempt-mpi"},
      {"imported_from", file.path.filename().string()},
      {"imported_sha256", file.sha256},
      {"format", file.adapter.format},
      {"notes", file.adapter.notes},
      {"backbone", spec.model.folder},
      {"backbone_fingerprint", spec.model.fingerprint},
      {"spec", spec}}.dump();
  record.parameters = to_arrays(file.adapter.tensors);
  results::write_trial_file(path, record);
}

}  // namespace attempt::train
