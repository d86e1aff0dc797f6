#include "runner/train/derive_seed.h"

#include <fmt/format.h>

#include <string>

#include "results/digest.h"

namespace attempt::train {

std::uint64_t derive_seed(std::uint64_t seed, std::string_view name) {
  const std::string digest = results::sha256(fmt::format("attempt-stream/{}/{}", seed, name));
  return std::stoull(digest.substr(0, 16), nullptr, 16);
}

}  // namespace attempt::train
