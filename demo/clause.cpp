#include "demo/clause.h"

namespace attempt::demo {

Clause random_clause(const Lexicon& lexicon, Random& random) {
  Clause clause;
  clause.subject = random.below(lexicon.animals.size());
  do clause.object = random.below(lexicon.animals.size());
  while (clause.object == clause.subject);
  clause.verb = random.below(lexicon.verbs.size());
  clause.color = random.below(lexicon.colors.size());
  clause.place = random.below(lexicon.places.size());
  clause.is_plural = random.chance(0.5);
  return clause;
}

std::string subject_text(const Lexicon& lexicon, const Clause& clause, bool has_color) {
  return "the " + (has_color ? lexicon.colors[clause.color] + " " : "") +
         lexicon.animals[clause.subject] + (clause.is_plural ? "s" : "");
}

std::string verb_text(const Lexicon& lexicon, const Clause& clause, bool has_rare_verb,
                      bool is_wrong) {
  const VerbPair& verbs = lexicon.verbs[clause.verb];
  const std::string& stem = has_rare_verb ? verbs.rare : verbs.usual;
  return clause.is_plural != is_wrong ? stem : stem + "s";
}

std::string text_of(const Lexicon& lexicon, const Clause& clause, const Wording& wording) {
  const std::string subject = subject_text(lexicon, clause, wording.has_color);
  const std::string object = "the " + lexicon.animals[clause.object];
  const std::string place = wording.has_place ? " in the " + lexicon.places[clause.place] : "";
  if (!wording.is_passive) {
    return subject + " " + verb_text(lexicon, clause, wording.has_rare_verb, false) + " " + object +
           place;
  }
  const VerbPair& verbs = lexicon.verbs[clause.verb];
  return object + " is " + (wording.has_rare_verb ? verbs.rare : verbs.usual) + "ed by " + subject +
         place;
}

}  // namespace attempt::demo
