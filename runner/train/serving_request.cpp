#include "runner/train/serving_request.h"

#include <nlohmann/json.hpp>

#include "model/shapes/model_error.h"

namespace attempt::train {

namespace fs = std::filesystem;

ServingPlace place_of(const nlohmann::json& request) {
  ServingPlace place;
  place.backbone = read_backbone_folder(request.at("model").get<std::string>());
  const std::string data = request.value("data", "");
  if (!data.empty()) place.data_root = fs::absolute(data).lexically_normal().string();
  place.study = request.value("study", "");
  place.is_any_base = request.value("any_base", false);
  return place;
}

SourceChange change_of(const nlohmann::json& request) {
  SourceChange change;
  change.removed = request.value("remove", std::vector<std::string>{});
  for (const std::string& given : request.value("add", std::vector<std::string>{})) {
    const std::size_t equals = given.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw model::ModelError(given, "is no source prompt to add (expected NAME=FILE)");
    }
    change.added.push_back({given.substr(0, equals), given.substr(equals + 1)});
  }
  return change;
}

}  // namespace attempt::train
