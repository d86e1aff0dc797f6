#include "demo/examples.h"

#include <algorithm>
#include <array>

namespace attempt::demo {

namespace {

Wording random_wording(Random& random) {
  Wording wording;
  wording.is_passive = random.chance(0.5);
  wording.has_rare_verb = random.chance(0.5);
  return wording;
}

/// Another index than `not_this` below n.
std::size_t other_index(Random& random, std::size_t n, std::size_t not_this) {
  return (not_this + 1 + random.below(n - 1)) % n;
}

/// Another animal than the two of the clause.
std::size_t other_animal(const Lexicon& lexicon, Random& random, const Clause& clause) {
  while (true) {
    const std::size_t animal = random.below(lexicon.animals.size());
    if (animal != clause.subject && animal != clause.object) return animal;
  }
}

/// The clause with one thing changed that matters: roles, a participant or the verb.
Clause contradicted(const Lexicon& lexicon, Random& random, Clause clause) {
  switch (random.below(4)) {
    case 0:
      std::swap(clause.subject, clause.object);
      break;
    case 1:
      clause.subject = other_animal(lexicon, random, clause);
      break;
    case 2:
      clause.object = other_animal(lexicon, random, clause);
      break;
    default:
      clause.verb = other_index(random, lexicon.verbs.size(), clause.verb);
  }
  return clause;
}

std::string judgement(const Lexicon& lexicon, Random& random, bool is_praise) {
  const bool is_negated = random.chance(0.3);
  const std::vector<std::string>& words = is_praise != is_negated ? lexicon.good : lexicon.bad;
  return "the " + random.pick(lexicon.things) + " was " + (is_negated ? "not " : "") +
         random.pick(words);
}

}  // namespace

Example sentiment(const Lexicon& lexicon, Random& random, int label) {
  Example example;
  example.label = label;
  example.text = judgement(lexicon, random, label == 1);
  if (random.chance(0.6)) example.text += " and " + judgement(lexicon, random, label == 1);
  return example;
}

Example acceptability(const Lexicon& lexicon, Random& random, int label) {
  Example example;
  example.label = label;
  const Clause clause = random_clause(lexicon, random);
  const bool disagrees = label == 0 && random.chance(0.5);
  std::vector<std::string> words = {"the",
                                    lexicon.colors[clause.color],
                                    lexicon.animals[clause.subject] + (clause.is_plural ? "s" : ""),
                                    verb_text(lexicon, clause, random.chance(0.5), disagrees),
                                    "the",
                                    lexicon.animals[clause.object],
                                    "in",
                                    "the",
                                    lexicon.places[clause.place]};
  if (label == 0 && !disagrees) {
    const std::array<std::size_t, 6> swappable = {0, 2, 3, 4, 5, 6};
    const std::size_t i = swappable[random.below(swappable.size())];
    std::swap(words[i], words[i + 1]);
  }
  for (const std::string& word : words) example.text += (example.text.empty() ? "" : " ") + word;
  return example;
}

Example paraphrase(const Lexicon& lexicon, Random& random, int label) {
  const Clause clause = random_clause(lexicon, random);
  const Wording first = random_wording(random);
  Wording second = random_wording(random);
  if (second.is_passive == first.is_passive && second.has_rare_verb == first.has_rare_verb) {
    second.has_rare_verb = !first.has_rare_verb;
  }
  Example example;
  example.label = label;
  example.text = text_of(lexicon, clause, first);
  example.other =
      text_of(lexicon, label == 1 ? clause : contradicted(lexicon, random, clause), second);
  return example;
}

Example entailment(const Lexicon& lexicon, Random& random, int label) {
  const Clause clause = random_clause(lexicon, random);
  Wording second = random_wording(random);
  second.has_color = random.chance(0.5);
  second.has_place = random.chance(0.5);
  Example example;
  example.label = label;
  example.text = text_of(lexicon, clause, random_wording(random));
  example.other =
      text_of(lexicon, label == 0 ? clause : contradicted(lexicon, random, clause), second);
  return example;
}

Example similarity(const Lexicon& lexicon, Random& random, int label) {
  const Clause first = random_clause(lexicon, random);
  Clause second = first;
  std::vector<int> parts = {0, 1, 2, 3, 4};
  random.shuffle(parts);
  for (std::size_t i = 0; i < 5 - static_cast<std::size_t>(label); ++i) {
    switch (parts[i]) {
      case 0:
        second.subject = other_animal(lexicon, random, second);
        break;
      case 1:
        second.verb = other_index(random, lexicon.verbs.size(), second.verb);
        break;
      case 2:
        second.object = other_animal(lexicon, random, second);
        break;
      case 3:
        second.color = other_index(random, lexicon.colors.size(), second.color);
        break;
      default:
        second.place = other_index(random, lexicon.places.size(), second.place);
    }
  }
  Example example;
  example.label = label;
  example.text = text_of(lexicon, first, random_wording(random));
  example.other = text_of(lexicon, second, random_wording(random));
  return example;
}

Example span_answering(const Lexicon& lexicon, Random& random, int) {
  std::array<Clause, 3> clauses;
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    // Different verbs: a question has one answer.
    do clauses[i] = random_clause(lexicon, random);
    while ((i > 0 && clauses[i].verb == clauses[0].verb) ||
           (i > 1 && clauses[i].verb == clauses[1].verb));
  }
  const std::size_t asked = random.below(clauses.size());
  const Clause& clause = clauses[asked];
  const std::string verb = lexicon.verbs[clause.verb].usual;
  const std::string object = "the " + lexicon.animals[clause.object];
  Example example;
  std::string statement_answer;
  switch (random.below(3)) {
    case 0:
      example.other = "who " + verb + "s " + object + "?";
      statement_answer = subject_text(lexicon, clause, true);
      break;
    case 1:
      example.other = "whom do " + subject_text(lexicon, clause, true) + " " + verb + "?";
      statement_answer = object;
      break;
    default:
      example.other =
          "where do " + subject_text(lexicon, clause, true) + " " + verb + " " + object + "?";
      statement_answer = "the " + lexicon.places[clause.place];
  }
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    const std::string statement = text_of(lexicon, clauses[i], Wording{});
    if (i == asked) {
      example.answer = statement_answer;
      // The place stands last; the other parts are found from the front.
      example.begin = example.text.size() + (example.other.starts_with("where")
                                                 ? statement.rfind(statement_answer)
                                                 : statement.find(statement_answer));
    }
    example.text += statement + ". ";
  }
  example.text.pop_back();
  return example;
}

std::vector<Example> make_examples(ExampleMaker make, const Lexicon& lexicon, Random& random,
                                   int classes, std::size_t count, std::set<std::string>& used) {
  std::vector<int> labels;
  for (std::size_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<int>(i % static_cast<std::size_t>(classes)));
  }
  random.shuffle(labels);
  std::vector<Example> examples;
  for (const int label : labels) {
    Example example;
    do example = make(lexicon, random, label);
    while (!used.insert(example.text + "\n" + example.other).second);
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace attempt::demo
