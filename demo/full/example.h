#pragma once

#include <string>
#include <vector>

#include "demo/full/language.h"

namespace attempt::demo::full {

/// One labelled example; which members a task uses is up to the task.
struct Example {
  std::string first;   ///< the sentence, the first of two, the passage
  std::string second;  ///< the second sentence, the question
  std::string third;   ///< WiC: the word
  int label = 0;       ///< class; STS-B: shared parts of five; WinoGrande: the right choice
  std::string answer;
  std::size_t begin = 0;             ///< of the answer in `first`, in characters
  std::vector<std::string> choices;  ///< answers of MultiRC (the first is right), WinoGrande's
                                     ///< options, entities of ReCoRD
  std::size_t first_word = 0;        ///< WSC: word numbers of noun phrase and pronoun
  std::size_t second_word = 0;
};

/// Makes one example of the given class. The class is drawn by the caller, so that classes are
/// balanced and nothing else depends on it.
using ExampleMaker = Example (*)(const Language&, Random&, int label);

// Two texts. Classes as in the official sets, but for the two that say so.
Example mnli(const Language& language, Random& random, int label);
Example qqp(const Language& language, Random& random, int label);
Example qnli(const Language& language, Random& random, int label);
Example stsb(const Language& language, Random& random, int label);
Example mrpc(const Language& language, Random& random, int label);
Example rte(const Language& language, Random& random, int label);
Example cb(const Language& language, Random& random, int label);
Example boolq(const Language& language, Random& random, int label);
Example scitail(const Language& language, Random& random, int label);
/// Reversed: 1 says that the sentences differ.
Example paws(const Language& language, Random& random, int label);
Example wic(const Language& language, Random& random, int label);

// One text.
Example sst2(const Language& language, Random& random, int label);
/// Reversed: 1 says that the review is a bad one.
Example yelp(const Language& language, Random& random, int label);
Example cola(const Language& language, Random& random, int label);
Example wsc(const Language& language, Random& random, int label);
Example winogrande(const Language& language, Random& random, int label);
/// A sentence whose parts are to be listed.
Example tagging(const Language& language, Random& random, int label);
/// SST-2 in Georgian letters.
Example georgian(const Language& language, Random& random, int label);

// Texts with questions. Label unused.
Example squad(const Language& language, Random& random, int label);
Example nq(const Language& language, Random& random, int label);
Example hotpotqa(const Language& language, Random& random, int label);
Example searchqa(const Language& language, Random& random, int label);
Example newsqa(const Language& language, Random& random, int label);
Example record(const Language& language, Random& random, int label);
Example multirc(const Language& language, Random& random, int label);

/// Two statements about who did what, and a pronoun that stands for the doer ("because it") or for
/// whom it was done to ("so it").
struct Reference {
  Clause clause;
  bool is_to_subject = false;
  std::string main;  ///< the clause up to the pronoun
  std::string rest;  ///< behind the pronoun
};
Reference reference(const Language& language, Random& random, bool is_to_subject);

}  // namespace attempt::demo::full
