#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "datasets/task_data.h"
#include "results/digest.h"
#include "runner/sweep/plan.h"

namespace attempt::sweep {

void to_json(nlohmann::json& json, const PrepareNode& node) {
  json = {{"id", node.id}, {"data", node.data}, {"task", node.task}};
}

void from_json(const nlohmann::json& json, PrepareNode& node) {
  json.at("id").get_to(node.id);
  json.at("data").get_to(node.data);
  json.at("task").get_to(node.task);
}

namespace {

/// What makes the token ids of a task: its name, fingerprint, prefix, lengths and cap, the rules,
/// the tokenizer, and the folder of the cache.
using Content =
    std::tuple<std::string, std::string, bool, std::int64_t, std::int64_t,
               std::optional<std::int64_t>, datasets::DataRules, std::string, std::string>;

std::string id_of(const Content& content) {
  const auto& [task, fingerprint, prefix, source, target, cap, rules, tokenizer, cache] = content;
  const nlohmann::json json = {task,
                               fingerprint,
                               prefix,
                               source,
                               target,
                               cap ? nlohmann::json(*cap) : nlohmann::json(),
                               nlohmann::json(rules),
                               tokenizer,
                               cache};
  return "prepare:" + task + ":" + results::sha256(json.dump()).substr(0, 16);
}

}  // namespace

void add_prepare_nodes(Plan& plan) {
  std::map<Content, std::string> ids;
  for (PlannedTrial& trial : plan.trials) {
    for (const TaskSpec& task : trial.spec.tasks) {
      const datasets::Task facts = task_of(task);
      const auto cap =
          task.max_train_examples ? task.max_train_examples : facts.default_max_train_examples;
      const bool is_cut = datasets::caps_at_load(facts) && cap;
      const DataSpec& data = trial.spec.data;
      const Content content{task.name,
                            task.fingerprint,
                            task.add_prefix,
                            task.max_source_length,
                            task.max_target_length,
                            is_cut ? cap : std::nullopt,
                            data.rules,
                            data.tokenizer_fingerprint,
                            data.cache};
      const auto [node, is_new] = ids.try_emplace(content);
      if (is_new) {
        node->second = id_of(content);
        plan.prepare.push_back({node->second, data, task});
      }
      trial.prepare_ids.push_back(node->second);
    }
  }
}

}  // namespace attempt::sweep
