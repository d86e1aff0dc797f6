#include "demo/words.h"

namespace attempt::demo {

namespace {

const std::vector<std::string> kOnsets = {"b",  "d",  "f",  "g",  "k",  "l",  "m",  "n",
                                          "p",  "r",  "t",  "v",  "z",  "br", "dr", "gl",
                                          "pl", "st", "tr", "kr", "fl", "sn", "sh", "w"};
const std::vector<std::string> kVowels = {"a", "e", "i", "o", "u", "ai", "ou", "ea"};
const std::vector<std::string> kEnds = {"n", "m", "r", "l", "k", "t", "nd", "p", "g", "rd"};

}  // namespace

std::string Words::next() {
  while (true) {
    const std::string word = random_.pick(kOnsets) + random_.pick(kVowels) + random_.pick(kOnsets) +
                             random_.pick(kVowels) + random_.pick(kEnds);
    // The first four letters differ, so that no word looks like another's form.
    if (used_.insert(word.substr(0, 4)).second) return word;
  }
}

std::vector<std::string> Words::next(std::size_t count) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) words.push_back(next());
  return words;
}

}  // namespace attempt::demo
