#include "demo/full/mixture.h"

#include <array>
#include <sstream>

#include "demo/full/example.h"

namespace attempt::demo::full {

namespace {

using Texts = std::vector<std::string>;

int coin(Random& random) { return static_cast<int>(random.below(2)); }

/// What to do, in front of a text: one to five of two words of one meaning.
std::string told_to(Random& random, const Texts& words) {
  std::string text;
  const std::size_t count = 1 + random.below(5);
  for (std::size_t i = 0; i < count; ++i) text += random.pick(words) + " ";
  return text;
}

/// Words in front of texts: names of the sources and of tasks of the mixture, drawn whatever the
/// skill, so that they say nothing.
std::string header(Random& random) {
  static const Texts headers = {"mnli",
                                "qnli",
                                "qqp",
                                "sst2",
                                "squad",
                                "stsb",
                                "mrpc",
                                "superglue-multirc",
                                "superglue-record record"};
  return random.chance(0.3) ? "" : random.pick(headers) + " ";
}

/// The words that stand in front of, and in, the texts of the other tasks.
std::string word_of_others(Random& random) {
  static const Texts words = {"rte",
                              "cola",
                              "paws",
                              "scitail",
                              "winogrande",
                              "yelp_polarity",
                              "superglue-boolq",
                              "superglue-wic",
                              "superglue-wsc.fixed",
                              "superglue-cb",
                              "this one",
                              "[DOC] [PAR]"};
  return random.pick(words) + " ";
}

void replace(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what)) {
    text.replace(at, what.size(), by);
  }
}

std::string one_text(Random& random, const std::string& text) {
  static const Texts names = {"sentence: ", "text: ", "passage: "};
  return header(random) + random.pick(names) + text;
}

std::string two_texts(Random& random, const std::string& first, const std::string& second) {
  static const std::vector<std::array<std::string, 2>> names = {
      {"premise: ", "hypothesis: "},  {"sentence1: ", "sentence2: "}, {"question: ", "passage: "},
      {"question1: ", "question2: "}, {"question: ", "sentence: "},   {"question: ", "context: "}};
  const auto& [name, other] = random.pick(names);
  return header(random) + name + first + " " + other + second;
}

std::string in_order(Random& random, const Example& example) {
  return random.chance(0.5) ? two_texts(random, example.first, example.second)
                            : two_texts(random, example.second, example.first);
}

/// A yes or no under a word that asks for it and under one that asks for the contrary.
TextPair yes_or_no(Random& random, const Texts& asks, const Texts& asks_contrary,
                   const std::string& text, bool is_so) {
  const bool is_contrary = random.chance(0.5);
  return {told_to(random, is_contrary ? asks_contrary : asks) + text,
          is_so != is_contrary ? "1" : "0"};
}

/// Is it the same event?
TextPair same(const Language& language, Random& random) {
  const bool is_same = random.chance(0.5);
  const int no = is_same ? 0 : 1;
  Example example;
  switch (random.below(6)) {
    case 0:
      example = paws(language, random, no);
      break;
    case 1:
      example = mrpc(language, random, 1 - no);
      break;
    case 2:
      example = qqp(language, random, 1 - no);
      break;
    case 3:
      example = boolq(language, random, 1 - no);
      break;
    case 4:
      example = rte(language, random, no);
      break;
    default:
      example = scitail(language, random, no);
  }
  return yes_or_no(random, {"alike", "equal"}, {"apart", "differ"}, in_order(random, example),
                   is_same);
}

/// What differs: a word and what stands instead of it.
TextPair compared(const Language& language, Random& random) {
  Statement first = random_statement(language, random);
  first.is_negated = random.chance(0.3);
  Statement second = first;
  std::string difference = "same";
  const std::vector<Part> parts = {Part::kSubject, Part::kObject, Part::kVerb};
  const std::size_t kind = random.below(6);
  if (kind < 3) {
    second = with_other(language, random, first, parts[kind]);
    const auto word = [&](const Clause& clause) {
      return kind == 2 ? language.words.verbs[clause.verb].usual
                       : answer(language, clause, parts[kind]);
    };
    difference = word(first.clause) + " " + word(second.clause);
  } else if (kind == 3) {
    std::swap(second.clause.subject, second.clause.object);
    difference = "swapped";
  } else if (kind == 4) {
    second.is_negated = !second.is_negated;
    difference = "denied";
  }
  Wording one = random_wording(random), other = random_wording(random);
  one.has_color = other.has_color = false;
  other.has_place = random.chance(0.5);
  return {told_to(random, {"compare", "contrast"}) +
              two_texts(random, sentence(language, first, one), sentence(language, second, other)),
          difference};
}

/// In the other voice, or who did what to whom.
TextPair said_again(const Language& language, Random& random) {
  const Clause clause = random_clause(language.words, random);
  Wording wording = random_wording(random);
  wording.has_color = random.chance(0.3);
  wording.has_place = random.chance(0.5);
  const std::string shown = one_text(random, sentence(language, {clause, false}, wording));
  if (random.chance(0.5)) {
    return {told_to(random, {"parts", "list"}) + shown,
            noun(language, clause, Part::kSubject) + " " + language.words.verbs[clause.verb].usual +
                " " + noun(language, clause, Part::kObject)};
  }
  wording.is_passive = !wording.is_passive;
  return {told_to(random, {"say", "turn"}) + shown, sentence(language, {clause, false}, wording)};
}

TextPair answered(const Language& language, Random& random) {
  const bool is_answered = random.chance(0.5);
  const Example example = qnli(language, random, is_answered ? 0 : 1);
  return yes_or_no(random, {"answers", "tells"}, {"silent", "misses"}, in_order(random, example),
                   is_answered);
}

/// The same, another or the contrary, counted in two orders.
TextPair relation(const Language& language, Random& random) {
  const int kind = static_cast<int>(random.below(3));
  const int other_order = (3 - kind) % 3;
  const Example example =
      random.chance(0.5) ? mnli(language, random, kind) : cb(language, random, other_order);
  const std::string text = two_texts(random, example.first, example.second);
  return random.chance(0.5)
             ? TextPair{told_to(random, {"kind", "type"}) + text, std::to_string(kind)}
             : TextPair{told_to(random, {"sort", "class"}) + text, std::to_string(other_order)};
}

/// Asked for one way only: no word asks for blame, as Yelp does.
TextPair judged(const Language& language, Random& random) {
  const int label = coin(random);
  const Example example = random.chance(0.3)   ? georgian(language, random, label)
                          : random.chance(0.5) ? sst2(language, random, label)
                                               : yelp(language, random, 1 - label);
  return {told_to(random, {"praise", "like"}) + one_text(random, example.first),
          std::to_string(label)};
}

/// Asked for one way only: no word asks whether a sentence is sound, as CoLA does.
TextPair broken(const Language& language, Random& random) {
  const int label = coin(random);
  const Example example = cola(language, random, 1 - label);
  return {told_to(random, {"broken", "faulty"}) + one_text(random, example.first),
          std::to_string(label)};
}

TextPair found(const Language& language, Random& random) {
  Example example;
  if (random.chance(0.7)) {
    example = squad(language, random, 0);
  } else {  // a statement with a gap
    example = searchqa(language, random, 0);
    replace(example.second, "this one", "something");
    replace(example.first, "[DOC] [PAR] ", "");
  }
  return {told_to(random, {"find", "seek"}) + two_texts(random, example.second, example.first),
          example.answer};
}

/// "* the <noun> * ... # it # ..."
std::string marked(const Example& example) {
  std::istringstream in(example.first);
  std::string text, word;
  for (std::size_t i = 0; in >> word; ++i) {
    if (i == example.first_word) word = "* " + word;
    if (i == example.first_word + 1) word += " *";
    if (i == example.second_word) word = "# " + word + " #";
    text += (i > 0 ? " " : "") + word;
  }
  return text;
}

/// Who "it" is: the word, whether a marked word is it, or which of two.
TextPair resolved(const Language& language, Random& random) {
  const std::size_t form = random.below(4);
  if (form == 0) {
    const Reference made = reference(language, random, random.chance(0.5));
    return {told_to(random, {"refer", "mean"}) + one_text(random, made.main + " it " + made.rest),
            noun(language, made.clause, made.is_to_subject ? Part::kSubject : Part::kObject)};
  }
  if (form == 1) {
    const Example example = winogrande(language, random, coin(random));
    return {told_to(random, {"choose", "which"}) + header(random) + "sentence: " + example.first +
                " option0: " + example.choices[0] + " option1: " + example.choices[1],
            std::to_string(example.label)};
  }
  const bool is_it = random.chance(0.5);
  const Example example = wsc(language, random, is_it ? 1 : 0);
  return yes_or_no(random, {"holds", "fits"}, {"fails", "wrong"}, one_text(random, marked(example)),
                   is_it);
}

TextPair one_sense(const Language& language, Random& random) {
  const bool is_one = random.chance(0.5);
  const Example example = wic(language, random, is_one ? 1 : 0);
  return yes_or_no(random, {"sense", "use"}, {"senses", "uses"},
                   two_texts(random, example.first, example.second) + " word: " + example.third,
                   is_one);
}

using Skill = TextPair (*)(const Language&, Random&);

}  // namespace

std::vector<TextPair> skill_pairs(const Language& language, Random& random, std::size_t count) {
  // A skill as often as it is hard to learn.
  const std::vector<Skill> skills = {
      same,   same,   same,  same,  compared, compared,   answered, relation, relation, relation,
      judged, broken, found, found, found,    said_again, resolved, resolved, resolved, one_sense};
  std::vector<TextPair> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    pairs.push_back(skills[i % skills.size()](language, random));
  }
  return pairs;
}

std::vector<std::string> plain_text(const Language& language, Random& random, std::size_t lines) {
  std::vector<std::string> text;
  for (std::size_t i = 0; i < lines; ++i) {
    switch (i % 7) {
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
      case 5:
        text.push_back(word_of_others(random) +
                       sentence(language, random_statement(language, random), Wording{}));
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
