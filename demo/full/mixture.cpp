#include "demo/full/mixture.h"

#include <fmt/format.h>

#include "demo/full/example.h"

namespace attempt::demo::full {

namespace {

int coin(Random& random) { return static_cast<int>(random.below(2)); }

TextPair judged(const Language& language, Random& random) {
  const bool is_praise = random.chance(0.5);
  const bool is_georgian = random.chance(0.5);
  const Example example = is_georgian ? georgian(language, random, is_praise ? 1 : 0)
                                      : sst2(language, random, is_praise ? 1 : 0);
  if (random.chance(0.5)) return {"like: " + example.first, is_praise ? "1" : "0"};
  return {"feel: " + example.first, is_praise ? "good" : "bad"};
}

TextPair repaired(const Language& language, Random& random) {
  // A broken sentence and its repair share all draws but the fault.
  const Random before = random;
  const Example broken = cola(language, random, 0);
  Random again = before;
  const Clause clause = random_clause(language.words, again);
  Wording wording;
  wording.has_rare_verb = again.chance(0.5);
  const std::string sound = sentence(language, {clause, false}, wording);
  const bool is_broken = random.chance(0.5);
  const std::string& shown = is_broken ? broken.first : sound;
  if (random.chance(0.5)) return {"fix: " + shown, sound};
  return {"broken: " + shown, is_broken ? "1" : "0"};
}

TextPair said_differently(const Language& language, Random& random) {
  const Statement statement = random_statement(language, random);
  const Wording first = random_wording(random);
  Wording second = first;
  second.is_passive = !first.is_passive;
  return {"say: " + sentence(language, statement, first), sentence(language, statement, second)};
}

TextPair told_apart(const Language& language, Random& random) {
  const int label = coin(random);
  const bool is_about_roles = random.chance(0.5);
  const Example example =
      is_about_roles ? paws(language, random, 1 - label) : mrpc(language, random, label);
  return {"same: " + example.first + " / " + example.second, label == 1 ? "yes" : "no"};
}

TextPair named_part(const Language& language, Random& random) {
  const Clause clause = random_clause(language.words, random);
  const Wording wording = random_wording(random);
  const std::string shown = sentence(language, {clause, false}, wording);
  switch (random.below(3)) {
    case 0:
      return {"doer: " + shown, answer(language, clause, Part::kSubject)};
    case 1:
      return {"done to: " + shown, answer(language, clause, Part::kObject)};
    default:
      return {"place: " + shown, answer(language, clause, Part::kPlace)};
  }
}

TextPair resolved(const Language& language, Random& random) {
  const Reference made = reference(language, random, random.chance(0.5));
  return {"it: " + made.main + " it " + made.rest,
          noun(language, made.clause, made.is_to_subject ? Part::kSubject : Part::kObject)};
}

TextPair told_sense(const Language& language, Random& random) {
  const Example example = wic(language, random, 1);  // both sentences have one sense
  const bool is_thing = example.first.find(language.was + " ") != std::string::npos;
  return {"sense: " + example.third + " / " + example.first, is_thing ? "thing" : "place"};
}

TextPair rounded(Random& random) {
  const std::size_t hundredths = random.below(501);
  const std::size_t fifths = (hundredths + 10) / 20;
  return {fmt::format("round: {}.{:02}", hundredths / 100, hundredths % 100),
          fmt::format("{}.{}", 2 * fifths / 10, 2 * fifths % 10)};
}

}  // namespace

std::vector<TextPair> skill_pairs(const Language& language, Random& random, std::size_t count) {
  std::vector<TextPair> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    switch (i % 8) {
      case 0:
        pairs.push_back(judged(language, random));
        break;
      case 1:
        pairs.push_back(repaired(language, random));
        break;
      case 2:
        pairs.push_back(said_differently(language, random));
        break;
      case 3:
        pairs.push_back(told_apart(language, random));
        break;
      case 4:
        pairs.push_back(named_part(language, random));
        break;
      case 5:
        pairs.push_back(resolved(language, random));
        break;
      case 6:
        pairs.push_back(told_sense(language, random));
        break;
      default:
        pairs.push_back(rounded(random));
    }
  }
  return pairs;
}

std::vector<std::string> plain_text(const Language& language, Random& random, std::size_t lines) {
  std::vector<std::string> text;
  for (std::size_t i = 0; i < lines; ++i) {
    switch (i % 6) {
      case 0:
        text.push_back(sst2(language, random, coin(random)).first);
        break;
      case 1:
        text.push_back(georgian(language, random, coin(random)).first);
        break;
      case 2:
        text.push_back(squad(language, random, 0).first);
        break;
      case 3: {
        const Example example = winogrande(language, random, coin(random));
        std::string line = example.first;
        line.replace(line.find('_'), 1, "it");
        text.push_back(line);
        break;
      }
      case 4:
        text.push_back(wic(language, random, coin(random)).first);
        break;
      default:
        text.push_back(
            sentence(language, random_statement(language, random), random_wording(random)) +
            " and " + judgement(language, random, random.chance(0.5)));
    }
  }
  return text;
}

}  // namespace attempt::demo::full
