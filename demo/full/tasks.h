#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "demo/full/example.h"

namespace attempt::demo::full {

/// What examples ask of a reader.
enum Skill { kMeaning, kJudgement, kQuestion, kReference, kAgreement, kSense };
inline constexpr std::size_t kSkills = 6;
inline constexpr std::array<const char*, kSkills> kSkillNames = {
    "meaning", "judgement", "question", "reference", "agreement", "sense"};

/// How the official files are cut into splits.
enum class Files {
  kLargeTrain,  ///< 1,000 training rows become validation; the second file is the test
  kHalved,      ///< the second file becomes validation and test
  kThree
};

/// A task of the world: the row of the relatedness matrix, and how it is made.
struct TaskCard {
  std::string name;
  bool is_source = false;
  bool is_in_mixture = false;  ///< of the backbone's pretraining
  /// Class 1 says yes (same, praise, follows), -1: it says no, 0: the target is a text or a number.
  int polarity = 0;
  std::array<double, kSkills> skills{};  ///< share of the examples that need the skill
  int classes = 1;
  Files files = Files::kHalved;
  ExampleMaker make = nullptr;
};

/// The 23 tasks and the two of our own.
const std::vector<TaskCard>& task_cards();
const TaskCard& task_card(const std::string& name);

/// Cosine of the two rows of skills, 0 to 1.
double relatedness(const TaskCard& source, const TaskCard& target);

/// The matrix as a table: task, role, skills, polarity, relatedness to each source.
std::string relatedness_csv();

/// Rows of the official files; labels in equal shares and random order, no example twice.
struct Splits {
  std::vector<Example> train, validation, test;
};

/// @param rows  training rows that are left when validation is taken out; a fifth of it, at most
///              200, is the size of other splits
Splits make_splits(const TaskCard& card, const Language& language, std::uint64_t seed,
                   std::size_t rows);

/// Gives every row another row's label; what has no classes stays as it is.
void shuffle_labels(const TaskCard& card, std::uint64_t seed, std::vector<Example>& examples);

}  // namespace attempt::demo::full
