#include <nlohmann/json.hpp>
#include <set>

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

void add_prepare_nodes(Plan& plan) {
  std::set<std::string> known;
  for (const PlannedTrial& trial : plan.trials) {
    for (const TaskSpec& task : trial.spec.tasks) {
      const datasets::Task facts = task_of(task);
      const auto cap =
          task.max_train_examples ? task.max_train_examples : facts.default_max_train_examples;
      const bool is_cut = datasets::caps_at_load(facts) && cap;
      const nlohmann::json content = {task.name,
                                      task.fingerprint,
                                      task.add_prefix,
                                      task.max_source_length,
                                      task.max_target_length,
                                      is_cut ? nlohmann::json(*cap) : nlohmann::json(),
                                      nlohmann::json(trial.spec.data.rules),
                                      trial.spec.data.tokenizer_fingerprint,
                                      trial.spec.data.cache};
      const std::string id =
          "prepare:" + task.name + ":" + results::sha256(content.dump()).substr(0, 16);
      if (known.insert(id).second) {
        plan.prepare.push_back({id, trial.spec.data, task});
      }
      plan.needs[trial.spec.trial_id].push_back(id);
    }
  }
}

}  // namespace attempt::sweep
