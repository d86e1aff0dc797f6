#include <fmt/format.h>

#include <chrono>
#include <cstdlib>

#include "runner/sweep/search_space.h"

namespace {

using namespace attempt;

constexpr std::size_t kKeys = 6;
constexpr std::uint64_t kProposals = 200000;

/// Six keys, as in docs/search.md: two logarithmic, one stepped, two choices, one conditional.
std::vector<config::SearchDimension> space() {
  std::vector<config::SearchDimension> dimensions(kKeys);
  for (std::size_t i = 0; i < kKeys; ++i) {
    dimensions[i].name = "key" + std::to_string(i);
    dimensions[i].low = 0.01;
    dimensions[i].high = 3.0;
  }
  dimensions[0].is_log = true;
  dimensions[1].is_log = true;
  dimensions[2].low = 20;
  dimensions[2].high = 200;
  dimensions[2].step = 20;
  dimensions[2].is_integer = true;
  for (const std::size_t choice : {std::size_t{3}, std::size_t{4}}) {
    dimensions[choice].choices = {config::Value{std::string("sub")},
                                  config::Value{std::string("constant")}};
  }
  dimensions[5].when = {{.dimension = 3, .values = {config::Value{std::string("sub")}}}};
  return dimensions;
}

double proposals_per_second(const std::string& sampler) {
  const sweep::NativeSampler native(sampler, /*seed=*/0, space());
  std::size_t set = 0;  // so that nothing is optimised away
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t number = 0; number < kProposals; ++number) {
    for (const auto& value : native.draw(number)) set += value.has_value();
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (set < kProposals) std::abort();
  return static_cast<double>(kProposals) / taken.count();
}

}  // namespace

int main() {
  for (const char* sampler : {"random", "sobol"}) {
    fmt::print("{}: {:.0f} proposals/s over {} keys ({} proposals, one thread)\n", sampler,
               proposals_per_second(sampler), kKeys, kProposals);
  }
}
