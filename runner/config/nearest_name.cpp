#include "runner/config/nearest_name.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace attempt::config {
namespace {

/// Edits (insert, delete, replace, swap of neighbours), letters compared without case.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                             std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  std::string nearest;
  // A damaged file may hold a very long name; nothing is near it.
  std::size_t limit = name.size() > 200 ? 0 : std::max<std::size_t>(2, name.size() / 3 + 1);
  for (const std::string& candidate : known) {
    const std::size_t distance = limit == 0 ? 1 : edit_distance(name, candidate);
    if (distance < limit || (distance == limit && nearest.empty() && limit > 1)) {
      nearest = candidate;
      limit = distance;
    }
  }
  return nearest;
}

std::string suggestion(const std::string& name, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  return nearest.empty() ? "Known are " + join_names(known) + "."
                         : "Did you mean '" + nearest + "'?";
}

std::string join_names(const std::vector<std::string>& names) {
  return std::accumulate(names.begin(), names.end(), std::string(),
                         [](const std::string& text, const std::string& name) {
                           return text.empty() ? name : text + ", " + name;
                         });
}

}  // namespace attempt::config
