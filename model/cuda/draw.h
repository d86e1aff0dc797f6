#pragma once

#include <cstdint>

namespace attempt::model::cuda {

/// One draw of dropout masks on the device. Its key is *base + offset, so that a captured graph
/// draws anew whenever the base moves; masks are those of model/dropout_kernel.h for that key.
struct Draw {
  const std::int64_t* base = nullptr;  ///< on the device; null: nothing is dropped
  std::int64_t offset = 0;
  std::uint32_t threshold = 0;
  float scale = 1;
};

}  // namespace attempt::model::cuda
