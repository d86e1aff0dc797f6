#pragma once

#include <string>
#include <vector>

#include "demo/full/language.h"
#include "demo/mixture.h"

namespace attempt::demo::full {

/// Skills that the backbone is pretrained on beside tasks, each under a name that no task has:
/// adjectives judged in Latin and Georgian letters, clauses repaired, said in other words and told
/// apart, parts named, pronouns resolved, senses told, numbers rounded to the grid of STS-B.
std::vector<TextPair> skill_pairs(const Language& language, Random& random, std::size_t count);

/// Lines of plain text for span corruption, a sixth of them in Georgian letters.
std::vector<std::string> plain_text(const Language& language, Random& random, std::size_t lines);

}  // namespace attempt::demo::full
