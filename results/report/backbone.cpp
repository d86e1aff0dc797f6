#include "results/report/backbone.h"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace attempt::results {

Backbone backbone_of(const TrialRecord& record) {
  const auto json = nlohmann::json::parse(record.provenance, nullptr, /*allow_exceptions=*/false);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string()
               ? json[key].get<std::string>()
               : "";
  };
  return {std::filesystem::path(text("backbone")).filename().string(),
          text("backbone_fingerprint")};
}

}  // namespace attempt::results
