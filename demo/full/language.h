#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "demo/clause.h"

namespace attempt::demo::full {

/// Words and templates of one whole world; all of it follows from the seed.
struct Language {
  Lexicon words;
  std::vector<std::string> two_senses;  ///< words that are a thing or a place
  std::string in;                       ///< in front of a place
  std::string by;                       ///< in front of the doer in a passive
  std::string be;                       ///< of the passive
  std::string was;                      ///< of judgements
  std::string negation;
  std::string because;  ///< "because it": the doer
  std::string so;       ///< "so it": who it was done to
  bool puts_place_first = false;
  bool puts_color_last = false;  ///< behind its noun
};

Language make_language(std::uint64_t seed);

/// A clause that holds or does not.
struct Statement {
  Clause clause;
  bool is_negated = false;

  bool operator==(const Statement&) const = default;
};

/// Parts of a clause.
enum class Part { kSubject, kVerb, kObject, kColor, kPlace };

Statement random_statement(const Language& language, Random& random);
/// Voice and verb by chance; color and place are said.
Wording random_wording(Random& random);
/// The statement with another value of `part`; an animal that is not in the clause already.
Statement with_other(const Language& language, Random& random, Statement statement, Part part);

/// The subject or the object without article and color, as it stands in every sentence.
std::string noun(const Language& language, const Clause& clause, Part part);
/// "the <color> <subject>s".
std::string subject_text(const Language& language, const Clause& clause, bool has_color);
/// The sentence of a statement; `names_subject` and `names_object` stand in its participants'
/// places where they are not empty.
std::string sentence(const Language& language, const Statement& statement, const Wording& wording,
                     const std::string& names_subject = "", const std::string& names_object = "");
/// Asks for `asked` (subject, object or place) of a clause; the others but the color are named, the
/// place if the wording has it.
std::string question(const Language& language, const Clause& clause, Part asked,
                     const Wording& wording);
/// What the question asks for.
std::string answer(const Language& language, const Clause& clause, Part asked);
/// Another value of a part that the question names, so that it asks for something else.
Clause with_other_named_part(const Language& language, Random& random, const Clause& clause,
                             Part asked);

/// "the <thing> was not <adjective>", of praise or blame; negated three times in ten.
std::string judgement(const Language& language, Random& random, bool is_praise);

}  // namespace attempt::demo::full
