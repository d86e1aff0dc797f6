#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "demo/random.h"

namespace attempt::demo {

/// New words of two syllables. None ends in a vowel or s, so that -s and -ed can be appended.
class Words {
 public:
  explicit Words(std::uint64_t seed) : random_(seed, "lexicon") {}

  std::string next();
  std::vector<std::string> next(std::size_t count);

 private:
  Random random_;
  std::set<std::string> used_;
};

}  // namespace attempt::demo
