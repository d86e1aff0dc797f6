#include <sstream>

#include "demo/full/example.h"

namespace attempt::demo::full {

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// The sentence in Georgian letters, one for each Latin letter.
std::string in_georgian_letters(const std::string& text) {
  // a to z; three UTF-8 bytes each, from U+10D0 on.
  std::string written;
  for (const char c : text) {
    if (c < 'a' || c > 'z') {
      written += c;
    } else {
      written += {'\xE1', '\x83', static_cast<char>(0x90 + (c - 'a'))};
    }
  }
  return written;
}

}  // namespace

Example sst2(const Language& language, Random& random, int label) {
  Example example;
  example.label = label;
  example.first = judgement(language, random, label == 1);
  if (random.chance(0.5)) example.first += " and " + judgement(language, random, label == 1);
  return example;
}

Example yelp(const Language& language, Random& random, int label) {
  Example example;
  example.label = label;
  const std::size_t count = 2 + random.below(2);
  for (std::size_t i = 0; i < count; ++i) {
    example.first += (i == 0 ? "" : "\n") + judgement(language, random, label == 0);
  }
  return example;
}

Example cola(const Language& language, Random& random, int label) {
  const Clause clause = random_clause(language.words, random);
  Wording wording;
  wording.has_rare_verb = random.chance(0.5);
  std::vector<std::string> words = words_of(sentence(language, {clause, false}, wording));
  if (label == 0 && random.chance(0.5)) {
    const std::string right =
        verb_text(language.words, clause, wording.has_rare_verb, /*is_wrong=*/false);
    for (std::string& word : words) {
      if (word == right) {
        word = verb_text(language.words, clause, wording.has_rare_verb, /*is_wrong=*/true);
      }
    }
  } else if (label == 0) {
    const std::size_t i = random.below(words.size() - 1);
    std::swap(words[i], words[i + 1]);
  }
  Example example;
  example.label = label;
  example.first = joined(words);
  return example;
}

Reference reference(const Language& language, Random& random, bool is_to_subject) {
  Reference made;
  made.clause = random_clause(language.words, random);
  made.clause.is_plural = false;
  made.is_to_subject = is_to_subject;
  Wording wording;  // active, so that the doer stands first
  wording.has_rare_verb = random.chance(0.5);
  wording.has_color = false;
  wording.has_place = false;
  made.main = sentence(language, {made.clause, false}, wording) + " " +
              (is_to_subject ? language.because : language.so);
  const bool is_good = random.chance(0.5);
  made.rest = language.was + " " + random.pick(is_good ? language.words.good : language.words.bad);
  return made;
}

Example wsc(const Language& language, Random& random, int label) {
  const bool is_to_subject = random.chance(0.5);
  const Reference made = reference(language, random, is_to_subject);
  const Part shown = is_to_subject == (label == 1) ? Part::kSubject : Part::kObject;
  const std::string word = noun(language, made.clause, shown);
  const std::vector<std::string> words = words_of(made.main);
  Example example;
  example.label = label;
  example.first = made.main + " it " + made.rest;
  example.second = "the " + word;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) example.first_word = i - 1;
  }
  example.second_word = words.size();
  return example;
}

Example winogrande(const Language& language, Random& random, int label) {
  const Reference made = reference(language, random, random.chance(0.5));
  const std::string subject = "the " + noun(language, made.clause, Part::kSubject);
  const std::string object = "the " + noun(language, made.clause, Part::kObject);
  const std::string& right = made.is_to_subject ? subject : object;
  const std::string& wrong = made.is_to_subject ? object : subject;
  Example example;
  example.label = label;
  example.first = made.main + " _ " + made.rest;
  example.choices = label == 0 ? std::vector{right, wrong} : std::vector{wrong, right};
  return example;
}

Example tagging(const Language& language, Random& random, int) {
  const Clause clause = random_clause(language.words, random);
  const Wording wording = random_wording(random);
  const VerbPair& verbs = language.words.verbs[clause.verb];
  const std::string object = noun(language, clause, Part::kObject);
  const std::string verb = wording.is_passive
                               ? (wording.has_rare_verb ? verbs.rare : verbs.usual) + "ed"
                               : verb_text(language.words, clause, wording.has_rare_verb, false);
  Example example;
  example.first = sentence(language, {clause, false}, wording);
  example.answer = "doer: " + noun(language, clause, Part::kSubject) + ", deed: " + verb +
                   ", done to: " + object + ", place: " + language.words.places[clause.place];
  return example;
}

Example georgian(const Language& language, Random& random, int label) {
  Example example = sst2(language, random, label);
  example.first = in_georgian_letters(example.first);
  return example;
}

}  // namespace attempt::demo::full
