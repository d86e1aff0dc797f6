#include "demo/full/tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace attempt::demo::full {

namespace {

constexpr std::size_t kHeldOut = 1000;  // training rows that become validation
constexpr std::size_t kLargestTest = 200;

std::vector<TaskCard> make_cards() {
  using F = Files;
  // skills: meaning, judgement, question, reference, agreement, sense
  return {
      {"mnli", true, false, -1, {1, 0, 0, 0, 0, 0}, 3, F::kThree, mnli},
      {"qnli", true, false, -1, {1, 0, 1, 0, 0, 0}, 2, F::kLargeTrain, qnli},
      {"qqp", true, false, 1, {1, 0, 1, 0, 0, 0}, 2, F::kLargeTrain, qqp},
      {"sst2", true, false, 1, {0, 1, 0, 0, 0, 0}, 2, F::kLargeTrain, sst2},
      {"squad", true, false, 0, {0.5, 0, 1, 0, 0, 0}, 1, F::kLargeTrain, squad},
      {"record", true, false, 0, {0.5, 0, 0.5, 0.5, 0, 0}, 1, F::kLargeTrain, record},
      {"stsb", false, true, 0, {1, 0, 0, 0, 0, 0}, 6, F::kHalved, stsb},
      {"mrpc", false, true, 1, {1, 0, 0, 0, 0, 0}, 2, F::kHalved, mrpc},
      {"rte", false, false, -1, {1, 0, 0, 0, 0, 0}, 2, F::kHalved, rte},
      {"cola", false, false, 1, {0, 0, 0, 0, 1, 0}, 2, F::kHalved, cola},
      {"multirc", false, true, 1, {0.5, 0, 1, 0, 0, 0}, 1, F::kHalved, multirc},
      {"boolq", false, false, 1, {1, 0, 1, 0, 0, 0}, 2, F::kHalved, boolq},
      {"wic", false, false, 1, {0, 0, 0, 0, 0, 1}, 2, F::kHalved, wic},
      {"wsc", false, false, 1, {0, 0, 0, 1, 0, 0}, 2, F::kHalved, wsc},
      {"cb", false, false, -1, {1, 0, 0, 0, 0, 0}, 3, F::kHalved, cb},
      {"nq", false, true, 0, {0, 0, 1, 0, 0, 0}, 1, F::kLargeTrain, nq},
      {"hotpotqa", false, true, 0, {0, 0, 1, 0, 0, 0}, 1, F::kLargeTrain, hotpotqa},
      {"searchqa", false, false, 0, {0, 0, 1, 0, 0, 0}, 1, F::kLargeTrain, searchqa},
      {"newsqa", false, true, 0, {0, 0, 1, 0, 0, 0}, 1, F::kLargeTrain, newsqa},
      {"winogrande", false, false, 0, {0, 0, 0, 1, 0, 0}, 2, F::kLargeTrain, winogrande},
      {"yelp", false, false, -1, {0, 1, 0, 0, 0, 0}, 2, F::kLargeTrain, yelp},
      {"scitail", false, false, -1, {1, 0, 0, 0, 0, 0}, 2, F::kThree, scitail},
      {"paws", false, false, -1, {1, 0, 0, 0, 0, 0}, 2, F::kThree, paws},
      {"tagging", false, false, 0, {0, 0, 1, 0, 0, 0}, 1, F::kThree, tagging},
      {"georgian", false, false, 1, {0, 1, 0, 0, 0, 0}, 2, F::kThree, georgian},
  };
}

std::vector<Example> make_examples(const TaskCard& card, const Language& language, Random& random,
                                   std::size_t count, std::set<std::string>& used) {
  std::vector<int> labels;
  for (std::size_t i = 0; i < count; ++i) {
    labels.push_back(static_cast<int>(i % static_cast<std::size_t>(card.classes)));
  }
  random.shuffle(labels);
  std::vector<Example> examples;
  for (const int label : labels) {
    Example example;
    do example = card.make(language, random, label);
    while (!used.insert(example.first + "\n" + example.second + "\n" + example.third).second);
    examples.push_back(std::move(example));
  }
  return examples;
}

}  // namespace

const std::vector<TaskCard>& task_cards() {
  static const std::vector<TaskCard> cards = make_cards();
  return cards;
}

const TaskCard& task_card(const std::string& name) {
  for (const TaskCard& card : task_cards()) {
    if (card.name == name) return card;
  }
  throw std::logic_error("no task '" + name + "'");
}

double relatedness(const TaskCard& source, const TaskCard& target) {
  double product = 0, of_source = 0, of_target = 0;
  for (std::size_t i = 0; i < kSkills; ++i) {
    product += source.skills[i] * target.skills[i];
    of_source += source.skills[i] * source.skills[i];
    of_target += target.skills[i] * target.skills[i];
  }
  return product / std::sqrt(of_source * of_target);
}

std::string relatedness_csv() {
  std::string text = "task,role,in_mixture,polarity";
  for (const char* skill : kSkillNames) text += fmt::format(",{}", skill);
  for (const TaskCard& card : task_cards()) {
    if (card.is_source) text += ",to_" + card.name;
  }
  text += "\n";
  for (const TaskCard& card : task_cards()) {
    text += fmt::format("{},{},{},{}", card.name, card.is_source ? "source" : "target",
                        card.is_in_mixture ? 1 : 0, card.polarity);
    for (const double share : card.skills) text += fmt::format(",{}", share);
    for (const TaskCard& source : task_cards()) {
      if (source.is_source) text += fmt::format(",{:.2f}", relatedness(source, card));
    }
    text += "\n";
  }
  return text;
}

Splits make_splits(const TaskCard& card, const Language& language, std::uint64_t seed,
                   std::size_t rows) {
  Random random(seed, card.name);
  std::set<std::string> used;
  const std::size_t other = std::clamp<std::size_t>(rows / 5, 1, kLargestTest);
  const auto make = [&](std::size_t count) {
    return make_examples(card, language, random, count, used);
  };
  Splits splits;
  splits.train = make(card.files == Files::kLargeTrain ? rows + kHeldOut : rows);
  if (card.files == Files::kThree) splits.validation = make(other);
  splits.test = make(card.files == Files::kHalved ? 2 * other : other);
  return splits;
}

void shuffle_labels(const TaskCard& card, std::uint64_t seed, std::vector<Example>& examples) {
  Random random(seed, "shuffled labels of " + card.name);
  for (std::size_t i = examples.size(); i > 1; --i) {
    std::swap(examples[i - 1].label, examples[random.below(i)].label);
  }
  if (card.name != "multirc") return;
  for (Example& example : examples) {
    if (random.chance(0.5)) std::swap(example.choices[0], example.choices[1]);
  }
}

}  // namespace attempt::demo::full
