#pragma once

#include <cstdint>
#include <string_view>

namespace attempt::train {

/// Seed of one named random stream of a trial: the first 8 bytes, read as a big-endian number, of
/// SHA-256("attempt-stream/<seed in decimal>/<name>"). Streams of different names are independent;
/// a new stream leaves the others as they are. Names in use: "data_order", "dropout",
/// "initialisation".
std::uint64_t derive_seed(std::uint64_t seed, std::string_view name);

}  // namespace attempt::train
