#pragma once

#include <string>

#include "demo/lexicon.h"
#include "demo/random.h"

namespace attempt::demo {

/// Who does what to whom, and where; numbers are indices into the lexicon.
struct Clause {
  std::size_t subject = 0;
  std::size_t verb = 0;
  std::size_t object = 0;
  std::size_t color = 0;  ///< of the subject
  std::size_t place = 0;
  bool is_plural = false;  ///< the subject

  bool operator==(const Clause&) const = default;
};

/// How a clause is put into words.
struct Wording {
  bool is_passive = false;
  bool has_rare_verb = false;
  bool has_color = true;
  bool has_place = true;
};

/// Subject and object differ.
Clause random_clause(const Lexicon& lexicon, Random& random);

/// "the <color> <subject>s <verb> the <object> in the <place>", or its passive.
std::string text_of(const Lexicon& lexicon, const Clause& clause, const Wording& wording);

/// "the <color> <subject>s", as in the text.
std::string subject_text(const Lexicon& lexicon, const Clause& clause, bool has_color);

/// The verb as the subject asks for it, or (`is_wrong`) the other form.
std::string verb_text(const Lexicon& lexicon, const Clause& clause, bool has_rare_verb,
                      bool is_wrong);

}  // namespace attempt::demo
