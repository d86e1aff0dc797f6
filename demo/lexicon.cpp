#include "demo/lexicon.h"

#include <set>

#include "demo/random.h"

namespace attempt::demo {

namespace {

const std::vector<std::string> kOnsets = {"b",  "d",  "f",  "g",  "k",  "l",  "m",  "n",
                                          "p",  "r",  "t",  "v",  "z",  "br", "dr", "gl",
                                          "pl", "st", "tr", "kr", "fl", "sn", "sh", "w"};
const std::vector<std::string> kVowels = {"a", "e", "i", "o", "u", "ai", "ou", "ea"};
const std::vector<std::string> kEnds = {"n", "m", "r", "l", "k", "t", "nd", "p", "g", "rd"};

/// New words of two syllables. None ends in a vowel or s, so that -s and -ed can be appended.
class Words {
 public:
  explicit Words(std::uint64_t seed) : random_(seed, "lexicon") {}

  std::string next() {
    while (true) {
      const std::string word = random_.pick(kOnsets) + random_.pick(kVowels) +
                               random_.pick(kOnsets) + random_.pick(kVowels) + random_.pick(kEnds);
      // The first four letters differ, so that no word looks like another's form.
      if (used_.insert(word.substr(0, 4)).second) return word;
    }
  }

  std::vector<std::string> next(std::size_t count) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < count; ++i) words.push_back(next());
    return words;
  }

 private:
  Random random_;
  std::set<std::string> used_;
};

}  // namespace

Lexicon make_lexicon(std::uint64_t seed) {
  Words words(seed);
  Lexicon lexicon;
  lexicon.animals = words.next(20);
  lexicon.things = words.next(20);
  lexicon.places = words.next(10);
  for (int i = 0; i < 12; ++i) {
    VerbPair verbs;
    verbs.usual = words.next();
    verbs.rare = words.next();
    lexicon.verbs.push_back(verbs);
  }
  lexicon.colors = words.next(12);
  lexicon.good = words.next(12);
  lexicon.bad = words.next(12);
  return lexicon;
}

}  // namespace attempt::demo
