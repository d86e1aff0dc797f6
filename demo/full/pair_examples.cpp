#include <algorithm>

#include "demo/full/example.h"

namespace attempt::demo::full {

namespace {

/// What a second statement is to a first.
enum class Relation { kSame, kOther, kContrary };

Part random_participant(Random& random) {
  switch (random.below(3)) {
    case 0:
      return Part::kSubject;
    case 1:
      return Part::kObject;
    default:
      return Part::kVerb;
  }
}

Statement with_swapped_roles(Statement statement) {
  std::swap(statement.clause.subject, statement.clause.object);
  return statement;
}

/// The same; something else (another participant or verb); or what cannot be true beside it.
Statement related(const Language& language, Random& random, Statement statement,
                  Relation relation) {
  switch (relation) {
    case Relation::kSame:
      break;
    case Relation::kOther:
      return with_other(language, random, statement, random_participant(random));
    case Relation::kContrary:
      statement.is_negated = !statement.is_negated;
      break;
  }
  return statement;
}

/// Holds or not by chance, so that a negation alone says nothing.
Statement random_claim(const Language& language, Random& random) {
  Statement statement = random_statement(language, random);
  statement.is_negated = random.chance(0.5);
  return statement;
}

/// Who does what to whom.
Wording bare_wording(Random& random) {
  Wording wording = random_wording(random);
  wording.has_color = false;
  wording.has_place = false;
  return wording;
}

/// The place may be left out: what is said still follows.
Wording shorter_wording(Random& random) {
  Wording wording = bare_wording(random);
  wording.has_place = random.chance(0.5);
  return wording;
}

Example two_sentences(const Language& language, Random& random, const Statement& first,
                      const Statement& second, int label) {
  Example example;
  example.label = label;
  Wording wording = bare_wording(random);
  wording.has_place = true;
  example.first = sentence(language, first, wording);
  example.second = sentence(language, second, shorter_wording(random));
  return example;
}

/// Another voice, verb or both.
Wording other_wording(Random& random, Wording wording) {
  const std::size_t change = random.below(3);
  if (change != 0) wording.is_passive = !wording.is_passive;
  if (change != 1) wording.has_rare_verb = !wording.has_rare_verb;
  return wording;
}

Example paraphrase(const Language& language, Random& random, const Statement& first,
                   const Statement& second, const Wording& wording, int label) {
  Example example;
  example.label = label;
  example.first = sentence(language, first, wording);
  example.second = sentence(language, second, other_wording(random, wording));
  return example;
}

Part random_asked(Random& random) {
  switch (random.below(3)) {
    case 0:
      return Part::kSubject;
    case 1:
      return Part::kObject;
    default:
      return Part::kPlace;
  }
}

}  // namespace

Example mnli(const Language& language, Random& random, int label) {
  const Statement first = random_claim(language, random);
  const Relation relations[] = {Relation::kSame, Relation::kOther, Relation::kContrary};
  return two_sentences(language, random, first, related(language, random, first, relations[label]),
                       label);
}

Example rte(const Language& language, Random& random, int label) {
  const Statement first = random_claim(language, random);
  const Relation relation = label == 0           ? Relation::kSame
                            : random.chance(0.5) ? Relation::kOther
                                                 : Relation::kContrary;
  return two_sentences(language, random, first, related(language, random, first, relation), label);
}

/// MNLI's relations, counted in another order.
Example cb(const Language& language, Random& random, int label) {
  const Statement told = random_claim(language, random);
  const Relation relations[] = {Relation::kSame, Relation::kContrary, Relation::kOther};
  return two_sentences(language, random, told, related(language, random, told, relations[label]),
                       label);
}

Example scitail(const Language& language, Random& random, int label) {
  const Statement first = random_statement(language, random);
  const Relation relation = label == 0 ? Relation::kSame : Relation::kOther;
  return two_sentences(language, random, first, related(language, random, first, relation), label);
}

Example mrpc(const Language& language, Random& random, int label) {
  const Statement first = random_statement(language, random);
  const Relation relation = label == 1 ? Relation::kSame : Relation::kOther;
  const Statement second = related(language, random, first, relation);
  return paraphrase(language, random, first, second, random_wording(random), label);
}

Example paws(const Language& language, Random& random, int label) {
  const Statement first = random_statement(language, random);
  const Statement second = label == 0 ? first : with_swapped_roles(first);
  Wording wording = bare_wording(random);
  wording.has_place = true;
  return paraphrase(language, random, first, second, wording, label);
}

Example stsb(const Language& language, Random& random, int label) {
  const Statement first = random_statement(language, random);
  std::vector<Part> parts = {Part::kSubject, Part::kVerb, Part::kObject, Part::kColor,
                             Part::kPlace};
  random.shuffle(parts);
  parts.resize(5 - static_cast<std::size_t>(label));
  Statement second = first;
  for (const Part part : parts) second = with_other(language, random, second, part);
  return paraphrase(language, random, first, second, random_wording(random), label);
}

Example qqp(const Language& language, Random& random, int label) {
  const Clause clause = random_clause(language.words, random);
  const Part asked = random_asked(random);
  const Clause second =
      label == 1 ? clause : with_other_named_part(language, random, clause, asked);
  Example example;
  example.label = label;
  const Wording wording = random_wording(random);
  example.first = question(language, clause, asked, wording);
  example.second = question(language, second, asked, other_wording(random, wording));
  return example;
}

Example qnli(const Language& language, Random& random, int label) {
  const Clause clause = random_clause(language.words, random);
  const Part asked = random_asked(random);
  const Clause told = label == 0 ? clause : with_other_named_part(language, random, clause, asked);
  Example example;
  example.label = label;
  Wording wording = bare_wording(random);
  wording.has_place = true;  // where one may be asked for
  example.first = question(language, clause, asked, bare_wording(random));
  example.second = sentence(language, {told, false}, wording);
  return example;
}

Example boolq(const Language& language, Random& random, int label) {
  const Statement told = random_statement(language, random);
  const Statement asked =
      related(language, random, told, label == 1 ? Relation::kSame : Relation::kOther);
  std::vector<std::string> passage = {sentence(language, told, bare_wording(random)),
                                      judgement(language, random, random.chance(0.5))};
  random.shuffle(passage);
  Example example;
  example.label = label;
  example.first = passage[0] + ". " + passage[1] + ".";
  example.second = "is it so that " + sentence(language, asked, bare_wording(random));
  return example;
}

Example wic(const Language& language, Random& random, int label) {
  const std::string& word = random.pick(language.two_senses);
  const auto as_thing = [&] {
    const std::string& adjective =
        random.pick(random.chance(0.5) ? language.words.good : language.words.bad);
    // A second judgement: otherwise there are too few sentences to draw without repetition.
    return "the " + word + " " + language.was + " " + adjective + " and " +
           judgement(language, random, random.chance(0.5));
  };
  const auto as_place = [&] {
    const std::string told =
        sentence(language, random_statement(language, random), bare_wording(random));
    const std::string place = language.in + " the " + word;
    return language.puts_place_first ? place + " " + told : told + " " + place;
  };
  Example example;
  example.label = label;
  const bool is_thing = random.chance(0.5);
  example.first = is_thing ? as_thing() : as_place();
  example.second = (label == 1) == is_thing ? as_thing() : as_place();
  example.third = word;
  return example;
}

}  // namespace attempt::demo::full
