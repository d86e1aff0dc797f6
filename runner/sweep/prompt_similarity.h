#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attempt::sweep {

/// A prompt as plain numbers: [rows, width], row-major.
struct PromptRows {
  std::int64_t rows = 0;
  std::int64_t width = 0;
  std::vector<float> values;
};

/// How alike two prompts are; methods.md section 6.1.
///   mean_cosine      cosine of the means of the rows; in [-1, 1]
///   pairwise_cosine  mean of the cosines of all pairs of rows; in [-1, 1]
///   aligned_cosine   sum of the cosines of row l with row l; in [-rows, rows]. The authors' code
/// Only the last depends on the order of the rows. A row (or mean) of zeros has cosine 0.
enum class Similarity { kMeanCosine, kPairwiseCosine, kAlignedCosine };

/// @throws std::invalid_argument when the shapes differ.
double prompt_similarity(Similarity kind, const PromptRows& a, const PromptRows& b);

/// How SPoT makes its start out of source prompts.
///   fixed            a copy of the named one
///   most_similar     a copy of the one most similar to the target task
///   weighted_top_k   a weighted sum of the most similar ones
enum class SourceChoice { kFixed, kMostSimilar, kWeightedTopK };

/// Weights of weighted_top_k.
///   proportional  similarities over their sum, negative ones as 0
///   softmax       softmax(similarity / 0.1)
///   unclipped     similarities over their sum, negative ones as they are. The authors' code
enum class SourceWeighting { kProportional, kSoftmax, kUnclipped };

/// The weight of every source prompt, 0 for those that are not chosen; the chosen ones sum to 1. Of
/// equal similarities the first in order is taken. One prompt (k = 1) is a copy, whatever its
/// similarity.
/// @param k  of kWeightedTopK; more than there are means all
/// @return empty where no chosen prompt has a similarity above 0 (unclipped: where the similarities
///         sum to 0) and the weighting needs one.
std::vector<double> source_weights(const std::vector<double>& similarities, SourceChoice choice,
                                   std::int64_t k, SourceWeighting weighting);

/// sum_j weights[j] * prompts[j]; prompts with weight 0 are left out. All have one shape.
PromptRows weighted_sum(const std::vector<PromptRows>& prompts, const std::vector<double>& weights);

/// a - b, value by value. @throws std::invalid_argument when the shapes differ.
PromptRows difference(const PromptRows& a, const PromptRows& b);

}  // namespace attempt::sweep
