#include "demo/lexicon.h"

#include "demo/words.h"

namespace attempt::demo {

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
