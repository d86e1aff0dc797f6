#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attempt::datasets {

/// A noun phrase or pronoun of a Winograd schema: its text and the number of the
/// whitespace-separated word at which it begins, from 0.
struct WscSpan {
  std::string text;
  std::int64_t word = 0;
};

struct MarkedText {
  std::string text;
  std::vector<int> unmarked;  ///< spans (1, 2) that are not found; the text then lacks their marks
};

/// Marks span 1 as "* phrase *" and span 2 as "# pronoun #" (tasks.md section 7): the occurrence
/// nearest to the span's word, whatever its case; nested spans are both marked.
MarkedText mark_nearest(const std::string& text, const WscSpan& span1, const WscSpan& span2);

/// The same as the authors' code does it: the spans are repaired, and one is marked only where it
/// stands exactly at its word, its dots matching any character.
MarkedText mark_anchored(const std::string& text, const WscSpan& span1, const WscSpan& span2);

}  // namespace attempt::datasets
