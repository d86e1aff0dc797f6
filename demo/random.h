#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace attempt::demo {

/// Seeded choices that are the same on every platform (the distributions of <random> are not).
class Random {
 public:
  /// @param stream  what the numbers are for, so that one part's draws do not shift another's
  Random(std::uint64_t seed, std::string_view stream) {
    std::uint64_t hash = 14695981039346656037ULL ^ seed;  // FNV-1a
    for (const char c : stream) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    engine_.seed(hash);
  }

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
  bool chance(double probability) {
    return static_cast<double>(engine_() >> 11) * 0x1.0p-53 < probability;
  }
  template <typename T>
  const T& pick(const std::vector<T>& values) {
    return values[below(values.size())];
  }
  template <typename T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace attempt::demo
