#pragma once

#include <string>
#include <string_view>

namespace attempt::datasets {

/// Every `from`, left to right, replaced by `to`.
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// Puts spaces around every punctuation mark (SQuAD and MRQA); tasks.md 2.4. No trim.
std::string pad_punctuation(std::string_view text);

/// SQuAD's answer normalisation: lower case, no ASCII punctuation, no articles, single spaces;
/// tasks.md 2.5.
std::string normalise_answer(std::string_view text);

/// The target string of an STS-B score: a grid of 0.2, ties to even, exactly on thousandths;
/// tasks.md 6.
std::string stsb_grid_target(double score);
/// The authors' rule: one decimal of the float32 score, ties to even.
std::string stsb_decimal_target(double score);

/// transformers' clean-up of tokenisation spaces, as the authors' code has it; tasks.md 2.3.
std::string clean_up_spaces(std::string text);

}  // namespace attempt::datasets
