#include "runner/train/memory_use.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <fstream>
#include <string>

namespace attempt::train {

void reset_peak_memory(const at::Device& device) {
  if (device.is_cpu()) {
    std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): resets VmHWM
  } else {
    at::getDeviceAllocator(device.type())->resetPeakStats(device.index());
  }
}

std::int64_t peak_memory_bytes(const at::Device& device) {
  if (!device.is_cpu()) {
    const auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    return stats.allocated_bytes[0].peak;  // 0: all pools together
  }
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::int64_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace attempt::train
