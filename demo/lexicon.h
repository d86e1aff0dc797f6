#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attempt::demo {

/// Two verbs of one meaning.
struct VerbPair {
  std::string usual;
  std::string rare;
};

/// The made-up words of the world. Function words (the, in, was, not, ...) are English.
struct Lexicon {
  std::vector<std::string> animals;  ///< who does something; plural with -s
  std::vector<std::string> things;   ///< what reviews are about
  std::vector<std::string> places;
  std::vector<VerbPair> verbs;
  std::vector<std::string> colors;  ///< adjectives without judgement
  std::vector<std::string> good;    ///< adjectives of praise
  std::vector<std::string> bad;
};

/// The words of one world, all different.
Lexicon make_lexicon(std::uint64_t seed);

}  // namespace attempt::demo
