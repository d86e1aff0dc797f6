#pragma once

#include <string>
#include <vector>

#include "results/report/attention.h"
#include "results/report/cost_tables.h"
#include "results/report/similarity.h"

namespace attempt::results {

/// What the page draws.
struct PlotContent {
  const ScoreGrid& grid;
  const std::vector<CostPoint>& points;
  const std::vector<AttentionRow>& attention;
  const std::vector<PromptSimilarity>& similarity;
  const std::vector<SearchResult>& searches;
};

/// What the page's script draws, as JSON that may stand inside a script element. Curves are thinned
/// so that a study of thousands of trials stays a page of a few megabytes.
std::string plot_data(const PlotContent& content);

}  // namespace attempt::results
