#include "demo/full/language.h"

#include "demo/words.h"

namespace attempt::demo::full {

namespace {

std::string place_text(const Language& language, const Clause& clause) {
  return language.in + " the " + language.words.places[clause.place];
}

/// "the" and a noun, which is replaced by `name` where there is one.
std::string object_text(const Language& language, const Clause& clause, const std::string& name) {
  return name.empty() ? "the " + language.words.animals[clause.object] : name;
}

std::string with_place(const Language& language, const std::string& text, const Clause& clause) {
  const std::string place = place_text(language, clause);
  return language.puts_place_first ? place + " " + text : text + " " + place;
}

}  // namespace

Language make_language(std::uint64_t seed) {
  using Choices = std::vector<std::string>;
  Words words(seed ^ 0x9E3779B97F4A7C15ULL);  // none of the small world's
  Random random(seed, "templates");
  Language language;
  language.words.animals = words.next(10);
  language.words.things = words.next(8);
  language.words.places = words.next(6);
  for (int i = 0; i < 6; ++i) {
    VerbPair verbs;
    verbs.usual = words.next();
    verbs.rare = words.next();
    language.words.verbs.push_back(verbs);
  }
  language.words.colors = words.next(6);
  language.words.good = words.next(6);
  language.words.bad = words.next(6);
  language.two_senses = words.next(8);
  language.in = random.pick(Choices{"in", "near", "under", "behind"});
  language.by = random.pick(Choices{"by", "from", "through"});
  language.be = random.pick(Choices{"is", "gets"});
  language.was = random.pick(Choices{"was", "seems", "looks"});
  language.negation = random.pick(Choices{"not", "never", "hardly"});
  language.because = random.pick(Choices{"because", "since", "as"});
  language.so = random.pick(Choices{"so", "thus", "hence"});
  language.puts_place_first = random.chance(0.5);
  language.puts_color_last = random.chance(0.5);
  return language;
}

Statement random_statement(const Language& language, Random& random) {
  return {random_clause(language.words, random), false};
}

Wording random_wording(Random& random) {
  Wording wording;
  wording.is_passive = random.chance(0.5);
  wording.has_rare_verb = random.chance(0.5);
  return wording;
}

Statement with_other(const Language& language, Random& random, Statement statement, Part part) {
  Clause& clause = statement.clause;
  const Lexicon& words = language.words;
  const auto other = [&random](std::size_t not_this, std::size_t n) {
    return (not_this + 1 + random.below(n - 1)) % n;
  };
  const auto other_animal = [&] {
    while (true) {
      const std::size_t animal = random.below(words.animals.size());
      if (animal != clause.subject && animal != clause.object) return animal;
    }
  };
  switch (part) {
    case Part::kSubject:
      clause.subject = other_animal();
      break;
    case Part::kObject:
      clause.object = other_animal();
      break;
    case Part::kVerb:
      clause.verb = other(clause.verb, words.verbs.size());
      break;
    case Part::kColor:
      clause.color = other(clause.color, words.colors.size());
      break;
    case Part::kPlace:
      clause.place = other(clause.place, words.places.size());
      break;
  }
  return statement;
}

std::string noun(const Language& language, const Clause& clause, Part part) {
  if (part == Part::kObject) return language.words.animals[clause.object];
  return language.words.animals[clause.subject] + (clause.is_plural ? "s" : "");
}

std::string subject_text(const Language& language, const Clause& clause, bool has_color) {
  const std::string name = noun(language, clause, Part::kSubject);
  if (!has_color) return "the " + name;
  const std::string& color = language.words.colors[clause.color];
  return language.puts_color_last ? "the " + name + " " + color : "the " + color + " " + name;
}

std::string sentence(const Language& language, const Statement& statement, const Wording& wording,
                     const std::string& names_subject, const std::string& names_object) {
  const Clause& clause = statement.clause;
  const std::string subject =
      names_subject.empty() ? subject_text(language, clause, wording.has_color) : names_subject;
  const std::string object = object_text(language, clause, names_object);
  const std::string negation = statement.is_negated ? language.negation + " " : "";
  std::string text;
  if (wording.is_passive) {
    const VerbPair& verbs = language.words.verbs[clause.verb];
    text = object + " " + language.be + " " + negation +
           (wording.has_rare_verb ? verbs.rare : verbs.usual) + "ed " + language.by + " " + subject;
  } else {
    text = subject + " " + negation +
           verb_text(language.words, clause, wording.has_rare_verb, /*is_wrong=*/false) + " " +
           object;
  }
  return wording.has_place ? with_place(language, text, clause) : text;
}

std::string question(const Language& language, const Clause& clause, Part asked,
                     const Wording& wording) {
  const Statement statement{clause, false};
  Wording shown = wording;
  shown.has_color = false;
  shown.has_place = wording.has_place && asked != Part::kPlace;
  switch (asked) {
    case Part::kSubject:
      return sentence(language, statement, shown, "who") + "?";
    case Part::kObject:
      return sentence(language, statement, shown, "", "whom") + "?";
    default:
      return "where " + sentence(language, statement, shown) + "?";
  }
}

std::string answer(const Language& language, const Clause& clause, Part asked) {
  return asked == Part::kPlace ? language.words.places[clause.place]
                               : noun(language, clause, asked);
}

Clause with_other_named_part(const Language& language, Random& random, const Clause& clause,
                             Part asked) {
  std::vector<Part> named = {Part::kVerb};
  if (asked != Part::kSubject) named.push_back(Part::kSubject);
  if (asked != Part::kObject) named.push_back(Part::kObject);
  const Part changed = random.pick(named);
  return with_other(language, random, {clause, false}, changed).clause;
}

std::string judgement(const Language& language, Random& random, bool is_praise) {
  const bool is_negated = random.chance(0.3);
  const std::string& thing = random.pick(language.words.things);
  const std::string& adjective =
      random.pick(is_praise != is_negated ? language.words.good : language.words.bad);
  return "the " + thing + " " + language.was + " " + (is_negated ? language.negation + " " : "") +
         adjective;
}

}  // namespace attempt::demo::full
