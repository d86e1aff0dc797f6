#pragma once

#include <string>
#include <vector>

#include "demo/lexicon.h"
#include "demo/random.h"

namespace attempt::demo {

struct TextPair {
  std::string source;
  std::string target;
};

/// Skills that the backbone is pretrained on beside the source tasks; none of them is a task of a
/// study. Single adjectives are judged ("feel: not dravail"), broken clauses repaired ("fix:"),
/// numbers told ("number:"), clauses said in other words ("say:").
std::vector<TextPair> skill_pairs(const Lexicon& lexicon, Random& random, std::size_t count);

/// Lines of plain text for span corruption.
std::vector<std::string> plain_text(const Lexicon& lexicon, Random& random, std::size_t lines);

}  // namespace attempt::demo
