#include <nlohmann/json.hpp>

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

}  // namespace attempt::sweep
