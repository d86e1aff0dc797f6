#include <algorithm>

#include "demo/full/example.h"

namespace attempt::demo::full {

namespace {

/// Statements with different verbs and different doers, so that a question has one answer.
std::vector<Clause> different_clauses(const Language& language, Random& random, std::size_t count) {
  std::vector<Clause> clauses;
  while (clauses.size() < count) {
    const Clause clause = random_clause(language.words, random);
    const bool is_new = std::none_of(clauses.begin(), clauses.end(), [&](const Clause& other) {
      return other.verb == clause.verb || other.subject == clause.subject ||
             other.object == clause.object || other.place == clause.place;
    });
    if (is_new) clauses.push_back(clause);
  }
  return clauses;
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

/// Active, with the place.
Wording plain_wording() {
  Wording wording;
  wording.has_color = false;
  return wording;
}

/// Voice and verb by chance, with the place.
Wording any_wording(Random& random) {
  Wording wording = random_wording(random);
  wording.has_color = false;
  return wording;
}

/// How a set words its texts.
struct Layout {
  std::size_t statements = 2;
  std::string before;        ///< the text
  std::string before_each;   ///< statement
  std::string after_each;    ///< statement
  std::string after;         ///< the text
  bool is_reworded = false;  ///< the question's verb and voice may differ from the text's
};

/// Where a word begins that stands in the text once.
std::size_t begin_of(const std::string& text, const std::string& word) {
  return (" " + text + " ").find(" " + word + " ");
}

/// The text of clauses, and where in it the answer begins.
void tell(const Language& language, const std::vector<Clause>& clauses, const Layout& layout,
          const std::vector<Wording>& wordings, std::size_t answered, Example& example) {
  example.first = layout.before;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    if (i > 0) example.first += " ";
    example.first += layout.before_each;
    const std::string told = sentence(language, {clauses[i], false}, wordings[i]);
    if (i == answered) example.begin = example.first.size() + begin_of(told, example.answer);
    example.first += told + layout.after_each;
  }
  example.first += layout.after;
}

Example question_about(const Language& language, Random& random, const Layout& layout) {
  const std::vector<Clause> clauses = different_clauses(language, random, layout.statements);
  const std::size_t answered = random.below(clauses.size());
  const Part asked = random_asked(random);
  std::vector<Wording> wordings;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    wordings.push_back(layout.is_reworded ? any_wording(random) : plain_wording());
  }
  Example example;
  example.second = question(language, clauses[answered], asked,
                            layout.is_reworded ? any_wording(random) : plain_wording());
  example.answer = answer(language, clauses[answered], asked);
  tell(language, clauses, layout, wordings, answered, example);
  return example;
}

}  // namespace

Example squad(const Language& language, Random& random, int) {
  Layout layout;
  layout.after_each = ".";
  layout.is_reworded = random.chance(0.5);
  return question_about(language, random, layout);
}

Example nq(const Language& language, Random& random, int) {
  Layout layout;
  layout.before = "<P> ";
  layout.after_each = " .";
  layout.after = " </P>";
  Example example = question_about(language, random, layout);
  example.second.pop_back();  // questions of NQ are search terms, without a mark
  return example;
}

Example newsqa(const Language& language, Random& random, int) {
  Layout layout;
  layout.statements = 3;
  layout.before = "( " + random.pick(language.words.places) + " ) -- ";
  layout.after_each = ".";
  Example example = question_about(language, random, layout);
  return example;
}

Example hotpotqa(const Language& language, Random& random, int) {
  std::vector<Clause> clauses = different_clauses(language, random, 2);
  // The second is about whom the first did something to.
  clauses[1].subject = clauses[0].object;
  clauses[1].is_plural = false;
  while (clauses[1].object == clauses[1].subject || clauses[1].object == clauses[0].subject) {
    clauses[1].object = random.below(language.words.animals.size());
  }
  Wording bare;
  bare.has_color = false;
  bare.has_place = false;
  Example example;
  example.second =
      sentence(language, {clauses[1], false}, bare,
               "the one whom " + sentence(language, {clauses[0], false}, bare, "", "it"), "whom") +
      "?";
  example.answer = noun(language, clauses[1], Part::kObject);
  Layout layout;
  layout.before_each = "[PAR] [TLE] ";
  layout.after_each = ".";
  const std::vector<std::string> titles = {noun(language, clauses[0], Part::kSubject),
                                           noun(language, clauses[1], Part::kSubject)};
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    const std::string told = sentence(language, {clauses[i], false}, plain_wording());
    if (i > 0) example.first += " ";
    example.first += "[PAR] [TLE] " + titles[i] + " [SEP] ";
    if (i == 1) example.begin = example.first.size() + begin_of(told, example.answer);
    example.first += told + ".";
  }
  return example;
}

Example searchqa(const Language& language, Random& random, int) {
  const std::vector<Clause> clauses = different_clauses(language, random, 2);
  const std::size_t answered = random.below(clauses.size());
  Example example;
  example.second = sentence(language, {clauses[answered], false}, plain_wording(), "this one");
  example.answer = answer(language, clauses[answered], Part::kSubject);
  Layout layout;
  layout.before_each = "[DOC] [PAR] ";
  layout.after_each = " .";
  tell(language, clauses, layout, {plain_wording(), plain_wording()}, answered, example);
  return example;
}

/// Half of the queries need the pronoun rule, half the passage's own words.
Example record(const Language& language, Random& random, int) {
  const Reference made = reference(language, random, random.chance(0.5));
  const Clause beside = random_clause(language.words, random);
  Example example;
  const bool asks_for_pronoun = random.chance(0.5);
  const Part asked = asks_for_pronoun     ? (made.is_to_subject ? Part::kSubject : Part::kObject)
                     : random.chance(0.5) ? Part::kSubject
                                          : Part::kObject;
  Wording bare = random_wording(random);
  bare.has_color = false;
  bare.has_place = false;
  const Statement told{made.clause, false};
  example.second = asks_for_pronoun          ? "@placeholder " + made.rest
                   : asked == Part::kSubject ? sentence(language, told, bare, "@placeholder")
                                             : sentence(language, told, bare, "", "@placeholder");
  example.answer = noun(language, made.clause, asked);
  example.first = made.main + " it " + made.rest;
  example.begin = begin_of(example.first, example.answer);
  Statement highlight{beside, false};
  highlight.clause.is_plural = false;
  example.first += ".\n@highlight\n" + sentence(language, highlight, plain_wording());
  for (const Part part : {Part::kSubject, Part::kObject}) {
    for (const Clause& clause : {made.clause, highlight.clause}) {
      const std::string entity = noun(language, clause, part);
      const bool is_new = std::find(example.choices.begin(), example.choices.end(), entity) ==
                          example.choices.end();
      if (is_new) example.choices.push_back(entity);
    }
  }
  return example;
}

Example multirc(const Language& language, Random& random, int) {
  const std::vector<Clause> clauses = different_clauses(language, random, 2);
  const std::size_t asked_about = random.below(2);
  const Part asked = random_asked(random);
  Example example;
  for (const Clause& clause : clauses) {
    example.first += (example.first.empty() ? "" : " ") +
                     sentence(language, {clause, false}, any_wording(random)) + ".";
  }
  example.second = question(language, clauses[asked_about], asked, random_wording(random));
  example.choices = {answer(language, clauses[asked_about], asked),
                     answer(language, clauses[1 - asked_about], asked)};
  return example;
}

}  // namespace attempt::demo::full
