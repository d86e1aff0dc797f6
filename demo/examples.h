#pragma once

#include <set>
#include <string>
#include <vector>

#include "demo/clause.h"

namespace attempt::demo {

/// One labelled example of the world; which texts a task uses is up to the task.
struct Example {
  std::string text;       ///< the sentence, the first of two, or the context
  std::string other;      ///< the second sentence, or the question
  int label = 0;          ///< class, or shared parts of five
  std::string answer;     ///< span answering: part of `text`
  std::size_t begin = 0;  ///< of the answer in `text`, in bytes (= characters: the world is ASCII)
};

/// Makes one example with the given class; the class is drawn by the caller so that classes are
/// balanced and nothing else depends on it.
using ExampleMaker = Example (*)(const Lexicon&, Random&, int label);

/// 1: praise, 0: blame; one or two judgements of one direction, some of them negated.
Example sentiment(const Lexicon& lexicon, Random& random, int label);
/// 1: grammatical; 0: the verb disagrees with its subject, or two neighbouring words are swapped.
Example acceptability(const Lexicon& lexicon, Random& random, int label);
/// 1: same meaning in other words; 0: roles swapped or one word replaced.
Example paraphrase(const Lexicon& lexicon, Random& random, int label);
/// 0: the second sentence follows from the first; 1: it does not.
Example entailment(const Lexicon& lexicon, Random& random, int label);
/// Label = how many of five parts (subject, verb, object, color, place) two sentences share.
Example similarity(const Lexicon& lexicon, Random& random, int label);
/// A question about one of three statements; the answer is a part of the text. Label unused.
Example span_answering(const Lexicon& lexicon, Random& random, int label);

/// `count` different examples with labels 0 to classes - 1 in equal shares, in random order; none
/// whose texts are in `used`, which grows by them.
std::vector<Example> make_examples(ExampleMaker make, const Lexicon& lexicon, Random& random,
                                   int classes, std::size_t count, std::set<std::string>& used);

}  // namespace attempt::demo
