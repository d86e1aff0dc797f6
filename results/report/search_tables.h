#pragma once

#include <string>
#include <vector>

#include "results/report/search_result.h"
#include "results/report/text_table.h"
#include "results/statistics/rank_correlation.h"

namespace attempt::results {

/// A line a search: how far it is, what it chose, and how the choice did on fresh seeds.
TextTable search_table(const std::vector<SearchResult>& searches);

/// A line a configuration, in the order in which they were tried.
TextTable configuration_table(const std::vector<SearchResult>& searches);

/// A line a key of each search.
TextTable importance_table(const std::vector<SearchResult>& searches);

/// How the complete configurations that set a key are ordered by it: Spearman's correlation of a
/// number with the score, of choices the correlation ratio of ranks.
RankCorrelation key_correlation(const SearchResult& search, std::size_t key);

/// "0.03", "\"sub\"", "" where the key was not set.
std::string value_text(const SearchKey& key, const std::optional<double>& value);

}  // namespace attempt::results
