#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "results/report/study_content.h"
#include "results/statistics/bootstrap.h"
#include "results/statistics/seed_summary.h"

namespace attempt::results {

struct ScoreRow {
  std::string label;  ///< "ATTEMPT"; with the study's name where there are several
  std::string name;   ///< without it
  std::string method;
  std::string variant;
};

struct ScoreColumn {
  std::string name;  ///< "rte", "demo:rte", "rte, k = 4"
  std::string task;
  std::string metric;
  std::int64_t few_shot_k = 0;
  bool is_synthetic = false;
  std::int64_t examples = 0;  ///< of the test split; 0 where unknown
};

/// How a score stands to the best of its column.
enum class Standing {
  kOther,             ///< distinguishable from the best
  kBest,              ///< the highest mean
  kNotDistinguished,  ///< Holm-adjusted p of the paired difference >= 0.05
  kTooFewToTell       ///< the test could not reach the level ("n too small")
};

/// All seeds of one method on one task.
struct ScoreCell {
  std::vector<const ReportTrial*> trials;      ///< of every status, by seed
  std::vector<const ReportTrial*> scored;      ///< those with a score, by seed
  std::vector<double> scores;                  ///< one a scored trial
  std::vector<const ExampleScores*> examples;  ///< one a scored trial; empty unless all have them
  SeedSummary seeds;
  std::vector<double> resamples;  ///< of the mean, where there are example scores
  Interval interval;              ///< 95 %; see has_interval
  bool has_interval = false;      ///< false for one seed without example scores
  bool is_majority = false;       ///< every seed predicts one thing for all examples
  bool hides_majority = false;    ///< predictions of a seed were not kept: nobody can tell
  bool is_conditional = false;    ///< several seeds, one draw of the source prompts
  Standing standing = Standing::kOther;
  double adjusted_p = 1;  ///< against the best of the column

  bool has_score() const { return !scores.empty(); }
  /// Why there is no score: "2 waiting", "failed", "cannot be read".
  std::string missing_reason() const;
};

/// Methods x tasks of one or more studies: the numbers of every table.
struct ScoreGrid {
  std::vector<ScoreRow> rows;
  std::vector<ScoreColumn> columns;
  std::map<std::pair<std::size_t, std::size_t>, ScoreCell> cells;  ///< by row and column

  const ScoreCell* find(std::size_t row, std::size_t column) const;
};

/// @param studies  must outlive the grid.
ScoreGrid make_score_grid(const std::vector<StudyContent>& studies);

}  // namespace attempt::results
