#include "runner/sweep/trial_kind.h"

#include <nlohmann/json.hpp>

#include "results/digest.h"

namespace attempt::sweep {

namespace {

constexpr std::size_t kDigits = 16;

nlohmann::json parts_of(const nlohmann::json& object, const std::vector<std::string>& names) {
  nlohmann::json parts;
  for (const std::string& name : names) parts[name] = object.at(name);
  return parts;
}

}  // namespace

std::string trial_kind(const TrialSpec& spec) {
  const nlohmann::json all = spec;
  nlohmann::json options = all.at("method_options");
  // Where numbers start from and what scales them costs nothing.
  for (const char* name : {"init", "init_text", "init_file", "text_fill", "init_words",
                           "temperature", "temperature_rule", "start_source", "task_start_sources",
                           "lora_alpha", "g_reloads_fresh_norm"}) {
    options.erase(name);
  }
  options["mixed_sources"] = spec.method_options.mixed_sources.size();
  nlohmann::json tasks = nlohmann::json::array();
  for (const nlohmann::json& task : all.at("tasks")) {
    tasks.push_back(parts_of(task, {"name", "max_source_length", "max_target_length",
                                    "max_new_tokens", "add_prefix", "fingerprint"}));
  }
  nlohmann::json kind = {
      {"model", {spec.model.fingerprint, spec.model.precision, spec.model.dropout > 0}},
      {"options", std::move(options)},
      {"tasks", std::move(tasks)},
      {"rules", all.at("data").at("rules")},
      {"train", parts_of(all.at("train"), {"batch_size", "micro_batch", "evaluation_batch_size",
                                           "scoring", "length_buckets"})},
      {"optimizer", spec.train.optimizer.optimizer}};
  return results::sha256(kind.dump()).substr(0, kDigits);
}

const std::string& TrialKinds::of(const TrialSpec& spec,
                                  const std::shared_ptr<const std::vector<ValueOrigin>>& values) {
  std::string& kind = known_[values];
  if (kind.empty()) kind = trial_kind(spec);
  return kind;
}

}  // namespace attempt::sweep
