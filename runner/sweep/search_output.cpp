#include "runner/sweep/search_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace attempt::sweep {

nlohmann::json searches_json(const std::vector<PlannedSearch>& planned) {
  nlohmann::json searches = nlohmann::json::array();
  for (const PlannedSearch& search : planned) {
    nlohmann::json configurations = nlohmann::json::array();
    for (const PlannedConfiguration& configuration : search.configurations) {
      configurations.push_back(
          {{"values", configuration.values}, {"trials", configuration.trial_ids}});
    }
    searches.push_back({{"name", search.name},
                        {"label", search.label},
                        {"method", search.method},
                        {"variant", search.variant},
                        {"task", search.task},
                        {"configurations", std::move(configurations)},
                        {"wanted", search.wanted},
                        {"chosen", search.chosen},
                        {"later_trials", search.later_trials},
                        {"later_seconds", search.later_seconds},
                        {"pruner", search.pruner},
                        {"prune_after", search.prune_after},
                        {"audit", search.is_audited}});
  }
  return searches;
}

PlannedSearch search_of_json(const nlohmann::json& json) {
  PlannedSearch search{.name = json.at("name"),
                       .label = json.at("label"),
                       .method = json.at("method"),
                       .variant = json.at("variant"),
                       .task = json.at("task"),
                       .wanted = json.at("wanted"),
                       .chosen = json.at("chosen"),
                       .later_trials = json.at("later_trials"),
                       .later_seconds = json.at("later_seconds"),
                       .pruner = json.at("pruner"),
                       .prune_after = json.at("prune_after"),
                       .is_audited = json.at("audit")};
  for (const nlohmann::json& configuration : json.at("configurations")) {
    search.configurations.push_back({configuration.at("values"), configuration.at("trials")});
  }
  return search;
}

std::string searches_text(const std::vector<PlannedSearch>& planned) {
  std::string text;
  for (const PlannedSearch& search : planned) {
    text += fmt::format("search {}: {} of {} configurations known, ", search.name,
                        search.configurations.size(), search.wanted);
    text += search.chosen < 0 ? "none chosen yet" : fmt::format("number {} chosen", search.chosen);
    if (search.later_trials > 0) {
      text += fmt::format("; {} more trials follow, about {}", search.later_trials,
                          duration(search.later_seconds));
    }
    text += "\n";
  }
  return text;
}

std::string duration(double seconds) {
  if (seconds < 120) {
    return fmt::format("{:.0f} s", seconds);
  }
  return seconds < 7200 ? fmt::format("{:.0f} min", seconds / 60)
                        : fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace attempt::sweep
