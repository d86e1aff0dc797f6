#include "runner/train/prompt_work.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "model/npy_writer.h"
#include "model/peft_folder.h"
#include "model/safetensors_writer.h"
#include "model/shapes/model_error.h"
#include "results/store_error.h"
#include "runner/train/trained_file.h"

namespace attempt::train {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kBadInput = 2;

json tensor_facts(const model::NamedTensor& tensor) {
  const at::Tensor values = tensor.value.to(at::kDouble);
  return {{"name", tensor.name},
          {"shape", tensor.value.sizes().vec()},
          {"mean", values.mean().item<double>()},
          {"std", values.std(/*unbiased=*/false).item<double>()},
          {"min", values.min().item<double>()},
          {"max", values.max().item<double>()},
          {"norm", values.norm().item<double>()}};
}

json facts_of(const TrainedFile& file) {
  json facts = {{"file", file.path.string()},
                {"format", file.adapter.format},
                {"method", file.adapter.options.method},
                {"base_model", file.adapter.base_model},
                {"backbone_fingerprint", file.fingerprint},
                {"trial", file.trial_id},
                {"tasks", file.tasks},
                {"sha256", file.sha256},
                {"notes", file.adapter.notes},
                {"tensors", json::array()}};
  for (const model::NamedTensor& tensor : file.adapter.tensors) {
    facts["tensors"].push_back(tensor_facts(tensor));
  }
  return facts;
}

void print_facts(const json& facts) {
  constexpr std::size_t kMostTensors = 8;  // LoRA has dozens
  fmt::print("{}\n  {}, method {}", facts["file"].get<std::string>(),
             facts["format"].get<std::string>(), facts["method"].get<std::string>());
  const std::string base = facts["base_model"];
  fmt::print(", backbone {}\n", base.empty() ? "not named" : base);
  const json& tensors = facts["tensors"];
  for (std::size_t i = 0; i < tensors.size() && i < kMostTensors; ++i) {
    const json& tensor = tensors[i];
    fmt::print("  {} {}  mean {:.4g}, std {:.4g}, from {:.4g} to {:.4g}\n",
               tensor["name"].get<std::string>(), tensor["shape"].get<std::vector<std::int64_t>>(),
               tensor["mean"].get<double>(), tensor["std"].get<double>(),
               tensor["min"].get<double>(), tensor["max"].get<double>());
  }
  if (tensors.size() > kMostTensors) {
    fmt::print("  and {} more tensors\n", tensors.size() - kMostTensors);
  }
  for (const json& note : facts["notes"]) fmt::print("  note: {}\n", note.get<std::string>());
  fmt::print("  SHA-256 {}\n", facts["sha256"].get<std::string>());
}

int inspect(const json& request) {
  json all = json::array();
  bool is_refused = false;
  const bool as_json = request.value("json", false);
  std::optional<BackboneFolder> backbone;
  if (request.contains("model")) backbone = read_backbone_folder(request["model"]);
  for (const std::string path : request.at("files")) {
    try {
      const TrainedFile file = read_trained_file(path);
      if (backbone) require_backbone(file, *backbone, request.value("any_base", false));
      all.push_back(facts_of(file));
      if (!as_json) print_facts(all.back());
    } catch (const std::runtime_error& error) {
      is_refused = true;
      std::fflush(stdout);
      fmt::print(stderr, "attempt: error: {}\n", error.what());
    }
  }
  if (as_json) fmt::print("{}\n", all.dump(1));
  return is_refused ? kBadInput : 0;
}

int import(const json& request) {
  const BackboneFolder backbone = read_backbone_folder(request.at("model"));
  const TrainedFile file = read_trained_file(request.at("file"));
  if (!file.trial_id.empty()) {
    throw model::ModelError(file.path.string(),
                            "is a file of this program already (nothing to "
                            "import)");
  }
  require_backbone(file, backbone, request.value("any_base", false));
  const fs::path out = request.at("out").get<std::string>();
  if (fs::exists(out)) {
    throw model::ModelError(out.string(), "is there already (nothing is written over it)");
  }
  write_imported(out, file, backbone, request.value("task", ""));
  print_facts(facts_of(file));
  fmt::print("written: {}\n", out.string());
  return 0;
}

/// The tensors to export; of a model of several tasks the prompt of one.
std::vector<model::NamedTensor> chosen_tensors(const TrainedFile& file, const std::string& task) {
  if (task.empty()) return file.adapter.tensors;
  const auto& tasks = file.adapter.options.tasks;
  const auto place = std::find(tasks.begin(), tasks.end(), task);
  const auto targets =
      std::find_if(file.adapter.tensors.begin(), file.adapter.tensors.end(),
                   [](const model::NamedTensor& tensor) { return tensor.name == "targets"; });
  if (place == tasks.end() || targets == file.adapter.tensors.end()) {
    throw model::ModelError(
        file.path.string(),
        fmt::format("has no target prompt of '{}' (its tasks: {})", task,
                    tasks.empty() ? "none of several" : fmt::format("{}", fmt::join(tasks, ", "))));
  }
  return {{"prompt", targets->value[place - tasks.begin()]}};
}

const at::Tensor& one_tensor(const TrainedFile& file,
                             const std::vector<model::NamedTensor>& tensors) {
  for (const model::NamedTensor& tensor : tensors) {
    if (tensors.size() == 1 || tensor.name == "prompt" || tensor.name == "prompts") {
      return tensor.value;
    }
  }
  throw model::ModelError(file.path.string(),
                          fmt::format("has {} tensors and none is a prompt (a .npy file holds one "
                                      "tensor). Use --format safetensors",
                                      tensors.size()));
}

int export_tensors(const json& request) {
  const TrainedFile file = read_trained_file(request.at("file"));
  const fs::path out = request.at("out").get<std::string>();
  const std::string format = request.at("format");
  const auto tensors = chosen_tensors(file, request.value("task", ""));
  if (fs::exists(out)) {
    throw model::ModelError(out.string(), "is there already (nothing is written over it)");
  }
  if (format == "safetensors") {
    model::write_safetensors(out, tensors);
  } else if (format == "npy") {
    model::write_npy(out, one_tensor(file, tensors));
  } else {
    const std::string folder = request.value("model", file.adapter.base_model);
    if (folder.empty()) {
      throw model::ModelError(file.path.string(),
                              "does not name its backbone (PEFT asks for it). "
                              "Say --model FOLDER");
    }
    model::PeftBase base{request.value("base", folder), 0, file.path.string()};
    base.heads = model::read_t5_config(folder).num_heads;
    model::write_peft_folder(out, file.adapter.options, tensors, base);
  }
  fmt::print("{}\n", out.string());
  return 0;
}

}  // namespace

int run_prompt_work(const json& request) {
  const std::string work = request.at("work");
  if (work == "inspect") return inspect(request);
  if (work == "import") return import(request);
  return export_tensors(request);
}

}  // namespace attempt::train
