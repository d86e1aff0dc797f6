#pragma once

#include <string>
#include <vector>

#include "demo/full/language.h"
#include "demo/mixture.h"

namespace attempt::demo::full {

/// Skills that the backbone is pretrained on, each under words that no task has ("alike equal
/// alike ..."), most yes-or-no skills under words for their contrary too. No held-out task's name
/// stands in front of one.
std::vector<TextPair> skill_pairs(const Language& language, Random& random, std::size_t count);

/// Lines of plain text for span corruption, a seventh of them in Georgian letters.
std::vector<std::string> plain_text(const Language& language, Random& random, std::size_t lines);

}  // namespace attempt::demo::full
