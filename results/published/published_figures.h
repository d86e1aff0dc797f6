#pragma once

#include <map>
#include <string>
#include <vector>

namespace attempt::results {

/// What a paper reports of one method.
struct PublishedRow {
  std::string method;                           ///< id, as in trial files
  std::map<std::string, double> scores;         ///< task -> percent
  std::map<std::string, std::string> left_out;  ///< task -> why its figure is not used
  std::string source;
};

struct PublishedFigures {
  std::string paper;
  std::string confidence;
  std::vector<PublishedRow> rows;

  /// @return null where the paper has no such method.
  const PublishedRow* find(const std::string& method) const;
};

/// The figures of attempt_paper.json, which is part of the program.
const PublishedFigures& published_figures();

}  // namespace attempt::results
