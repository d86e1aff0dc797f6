#include "results/published/published_figures.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/report/embedded_files.h"

namespace attempt::results {

const PublishedRow* PublishedFigures::find(const std::string& method) const {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const PublishedRow& row) { return row.method == method; });
  return found == rows.end() ? nullptr : &*found;
}

const PublishedFigures& published_figures() {
  static const PublishedFigures figures = [] {
    const nlohmann::json json = nlohmann::json::parse(kAttemptPaperJson);
    PublishedFigures read{json.at("paper"), json.at("confidence"), {}};
    for (const nlohmann::json& row : json.at("rows")) {
      read.rows.push_back(
          {row.at("method"), row.at("scores"), row.at("left_out"), row.at("source")});
    }
    return read;
  }();
  return figures;
}

}  // namespace attempt::results
