#include "results/report/search_plots.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "results/report/search_tables.h"

namespace attempt::results {

namespace {

using Json = nlohmann::json;

/// Where a value stands between the ends of its axis, 0 to 1; null where it is not set.
Json place_of(const SearchKey& key, const std::optional<double>& value) {
  if (!value) return nullptr;
  if (!key.choices.empty()) {
    const auto last = static_cast<double>(key.choices.size() - 1);
    return last > 0 ? *value / last : 0.5;
  }
  if (!(key.high > key.low)) return 0.5;
  return key.is_log ? std::log(*value / key.low) / std::log(key.high / key.low)
                    : (*value - key.low) / (key.high - key.low);
}

/// Texts beside an axis, from its low end to its high one.
Json ticks_of(const SearchKey& key) {
  if (!key.choices.empty()) return key.choices;
  return {value_text(key, key.low), value_text(key, key.high)};
}

Json keys_json(const SearchResult& search) {
  Json list = Json::array();
  for (std::size_t i = 0; i < search.keys.size(); ++i) {
    Json key = {{"name", search.keys[i].name},
                {"ticks", ticks_of(search.keys[i])},
                {"rank", key_correlation(search, i).value}};
    if (search.optuna && search.optuna->shares[i]) key["optuna"] = *search.optuna->shares[i];
    list.push_back(std::move(key));
  }
  return list;
}

Json configurations_json(const SearchResult& search) {
  Json list = Json::array();
  for (std::size_t number = 0; number < search.configurations.size(); ++number) {
    const SearchedConfiguration& each = search.configurations[number];
    if (each.status != SearchedStatus::kComplete) continue;
    Json texts = Json::array();
    Json places = Json::array();
    for (std::size_t i = 0; i < search.keys.size(); ++i) {
      texts.push_back(value_text(search.keys[i], each.values[i]));
      places.push_back(place_of(search.keys[i], each.values[i]));
    }
    list.push_back({{"number", number},
                    {"mean", each.mean},
                    {"scores", each.scores},
                    {"texts", std::move(texts)},
                    {"places", std::move(places)}});
  }
  return list;
}

}  // namespace

Json search_plots(const std::vector<SearchResult>& searches) {
  Json list = Json::array();
  for (const SearchResult& search : searches) {
    list.push_back({{"label", search.label},
                    {"keys", keys_json(search)},
                    {"configurations", configurations_json(search)},
                    {"chosen", search.chosen},
                    {"optuna", search.optuna ? search.optuna->method : ""}});
  }
  return list;
}

}  // namespace attempt::results
