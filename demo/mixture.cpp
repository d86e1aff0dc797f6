#include "demo/mixture.h"

#include "demo/clause.h"
#include "demo/examples.h"

namespace attempt::demo {

namespace {

TextPair judged_adjective(const Lexicon& lexicon, Random& random) {
  const bool is_good = random.chance(0.5);
  const bool is_negated = random.chance(0.4);
  const std::string words =
      (is_negated ? "not " : "") + random.pick(is_good ? lexicon.good : lexicon.bad);
  const bool is_praise = is_good != is_negated;
  if (random.chance(0.5)) return {"like: " + words, is_praise ? "1" : "0"};
  return {"feel: " + words, is_praise ? "good" : "bad"};
}

TextPair repaired_clause(const Lexicon& lexicon, Random& random) {
  // An unacceptable sentence and its repair share all draws but the fault.
  const Random before = random;
  const Example broken = acceptability(lexicon, random, 0);
  Random again = before;
  const Clause clause = random_clause(lexicon, again);
  Wording wording;
  wording.has_rare_verb = broken.text.find(lexicon.verbs[clause.verb].rare) != std::string::npos;
  const std::string sound = text_of(lexicon, clause, wording);
  return {"fix: " + (random.chance(0.7) ? broken.text : sound), sound};
}

TextPair told_number(const Lexicon& lexicon, Random& random) {
  const Clause clause = random_clause(lexicon, random);
  return {"number: " + text_of(lexicon, clause, Wording{}), clause.is_plural ? "1" : "0"};
}

TextPair said_differently(const Lexicon& lexicon, Random& random) {
  const Clause clause = random_clause(lexicon, random);
  Wording first;
  first.is_passive = random.chance(0.5);
  first.has_rare_verb = random.chance(0.5);
  Wording second = first;
  second.is_passive = !first.is_passive;
  return {"say: " + text_of(lexicon, clause, first), text_of(lexicon, clause, second)};
}

}  // namespace

std::vector<TextPair> skill_pairs(const Lexicon& lexicon, Random& random, std::size_t count) {
  std::vector<TextPair> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    switch (i % 4) {
      case 0:
        pairs.push_back(judged_adjective(lexicon, random));
        break;
      case 1:
        pairs.push_back(repaired_clause(lexicon, random));
        break;
      case 2:
        pairs.push_back(told_number(lexicon, random));
        break;
      default:
        pairs.push_back(said_differently(lexicon, random));
    }
  }
  return pairs;
}

std::vector<std::string> plain_text(const Lexicon& lexicon, Random& random, std::size_t lines) {
  std::vector<std::string> text;
  for (std::size_t i = 0; i < lines; ++i) {
    if (i % 3 == 0) {
      text.push_back(sentiment(lexicon, random, static_cast<int>(random.below(2))).text);
    } else if (i % 3 == 1) {
      text.push_back(span_answering(lexicon, random, 0).text);
    } else {
      Wording wording;
      wording.is_passive = random.chance(0.5);
      wording.has_rare_verb = random.chance(0.5);
      text.push_back(text_of(lexicon, random_clause(lexicon, random), wording) + " and " +
                     text_of(lexicon, random_clause(lexicon, random), Wording{}));
    }
  }
  return text;
}

}  // namespace attempt::demo
