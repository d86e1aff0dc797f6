#pragma once

#include <string>
#include <vector>

namespace attempt::datasets {

/// F1 in percent over the spans of all examples together (micro average), as CoNLL's evaluation and
/// seqeval count them. Texts are tags, one a word: "O B-PER I-PER O". A span counts as found with
/// its type, first and last word; "I-X" after anything but "B-X" or "I-X" begins a span. Words that
/// are no tags are "O". 0 where there are no spans.
double span_f1(const std::vector<std::string>& predictions,
               const std::vector<std::string>& targets);

/// Whether a text is nothing but tags, at least one.
bool is_tag_sequence(const std::string& text);

}  // namespace attempt::datasets
