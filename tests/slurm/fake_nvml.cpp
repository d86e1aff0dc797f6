// Stands in for NVIDIA's libnvidia-ml.so.1 where there is no GPU: as many devices as
// $ATTEMPT_FAKE_GPUS says. Enough to see which rank takes which device; nothing computes on them.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" {

int nvmlInit_v2() { return 0; }

int nvmlShutdown() { return 0; }

int nvmlDeviceGetCount_v2(unsigned* count) {
  const char* given = std::getenv("ATTEMPT_FAKE_GPUS");
  *count = given == nullptr ? 0 : static_cast<unsigned>(std::atoi(given));
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = reinterpret_cast<void*>(static_cast<std::uintptr_t>(index));
  return 0;
}

int nvmlDeviceGetUUID(void* device, char* uuid, unsigned size) {
  std::snprintf(uuid, size, "GPU-fake-%u",
                static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(device)));
  return 0;
}
}
