// What a task of the whole demo world must not give away: its label by the words of one text, by
// words without their order, or by length; a test row in training.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <sstream>

#include "demo/full/tasks.h"
#include "tests/demo/word_classifier.h"

namespace attempt::demo::full {
namespace {

constexpr std::uint64_t kSeeds[] = {1, 2};
constexpr std::size_t kRows = 6000;  // 3,000 scored: a standard error of 0.9 points
constexpr double kMostAboveMajority = 0.05;
constexpr double kMostCorrelation = 0.05;

/// A labelled example as a model sees it: MultiRC is an example an answer.
struct Shown {
  std::vector<std::string> texts;
  int label = 0;
};

std::vector<Shown> shown_examples(const TaskCard& card, std::uint64_t seed) {
  std::vector<Shown> shown;
  std::size_t row = 0;
  for (const Example& e : make_splits(card, make_language(seed), seed, kRows).train) {
    std::vector<std::string> texts = {e.first, e.second, e.third};
    if (card.name == "multirc") {
      const std::size_t answer = row++ % 2;  // one a passage
      shown.push_back({{e.first, e.second, e.choices[answer]}, answer == 0 ? 1 : 0});
    } else {
      texts.insert(texts.end(), e.choices.begin(), e.choices.end());
      shown.push_back({texts, e.label});
    }
  }
  return shown;
}

/// Tasks whose label is a relation of several texts, or of a text and a part of it.
const std::set<std::string> kPairTasks = {"mnli", "qnli", "qqp",     "stsb",      "mrpc",
                                          "rte",  "cb",   "multirc", "boolq",     "wic",
                                          "wsc",  "paws", "scitail", "winogrande"};

test::WordRow words(const Shown& example, const std::vector<bool>& uses, bool tells_apart) {
  test::WordRow row{{}, example.label};
  for (std::size_t i = 0; i < example.texts.size(); ++i) {
    if (i < uses.size() && !uses[i]) continue;
    std::istringstream in(example.texts[i]);
    for (std::string word; in >> word;) {
      row.words.push_back(tells_apart ? std::to_string(i) + ":" + word : word);
    }
  }
  return row;
}

double gain_over_majority(const std::vector<Shown>& examples, const std::vector<bool>& uses,
                          bool tells_apart) {
  std::vector<test::WordRow> rows;
  for (const Shown& example : examples) rows.push_back(words(example, uses, tells_apart));
  return accuracy_of_words(rows) - accuracy_of_majority(rows);
}

TEST(LeaksTest, WordsOfOneTextOrWithoutOrderSayNothing) {
  for (const std::uint64_t seed : kSeeds) {
    for (const std::string& name : kPairTasks) {
      const std::vector<Shown> examples = shown_examples(task_card(name), seed);
      EXPECT_LE(gain_over_majority(examples, {true, false, false, false, false}, false),
                kMostAboveMajority)
          << name << ", first text, seed " << seed;
      EXPECT_LE(gain_over_majority(examples, {false, true, true}, true), kMostAboveMajority)
          << name << ", all but the first text, seed " << seed;
      EXPECT_LE(gain_over_majority(examples, {}, false), kMostAboveMajority)
          << name << ", all words, seed " << seed;
      EXPECT_LE(gain_over_majority(examples, {}, true), kMostAboveMajority)
          << name << ", words by text, seed " << seed;
    }
  }
}

TEST(LeaksTest, TheClassifierFindsALeak) {
  std::vector<Shown> examples = shown_examples(task_card("rte"), 1);
  for (Shown& example : examples) {
    if (example.label == 1) example.texts[1] += " leak";
  }
  EXPECT_GT(gain_over_majority(examples, {false, true, true}, true), 0.4);
}

double correlation_with_length(const std::vector<Shown>& examples, bool in_words) {
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (const Shown& example : examples) {
    double length = 0;
    for (const std::string& text : example.texts) {
      std::istringstream in(text);
      if (in_words) {
        for (std::string word; in >> word;) ++length;
      } else {
        length += static_cast<double>(text.size());
      }
    }
    const double label = example.label;
    n += 1;
    x += length;
    y += label;
    xx += length * length;
    yy += label * label;
    xy += length * label;
  }
  const double spread = std::sqrt((n * xx - x * x) * (n * yy - y * y));
  return spread > 0 ? (n * xy - x * y) / spread : 0;
}

TEST(LeaksTest, LengthSaysNothing) {
  for (const std::uint64_t seed : kSeeds) {
    for (const TaskCard& card : task_cards()) {
      if (card.classes == 1 && card.name != "multirc") continue;  // no labels
      const std::vector<Shown> examples = shown_examples(card, seed);
      for (const bool in_words : {true, false}) {
        EXPECT_LT(std::abs(correlation_with_length(examples, in_words)), kMostCorrelation)
            << card.name << (in_words ? ", words" : ", characters") << ", seed " << seed;
      }
    }
  }
}

TEST(LeaksTest, NoExampleIsInTwoSplits) {
  const Language language = make_language(1);
  for (const TaskCard& card : task_cards()) {
    const Splits splits = make_splits(card, language, 1, 1000);
    std::set<std::string> seen;
    for (const auto* split : {&splits.train, &splits.validation, &splits.test}) {
      for (const Example& e : *split) {
        EXPECT_TRUE(seen.insert(e.first + "|" + e.second + "|" + e.third).second)
            << card.name << ": " << e.first;
      }
    }
  }
}

}  // namespace
}  // namespace attempt::demo::full
