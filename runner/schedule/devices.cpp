#include "runner/schedule/devices.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

namespace attempt::schedule {

namespace {

/// The UUIDs of all GPUs in PCI order.
std::vector<std::string> all_gpus() {
  std::vector<std::string> uuids;
  void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return uuids;
  using Init = int (*)();
  using Count = int (*)(unsigned*);
  using Handle = int (*)(unsigned, void**);
  using Uuid = int (*)(void*, char*, unsigned);
  const auto init = reinterpret_cast<Init>(::dlsym(library, "nvmlInit_v2"));
  const auto shutdown = reinterpret_cast<Init>(::dlsym(library, "nvmlShutdown"));
  const auto get_count = reinterpret_cast<Count>(::dlsym(library, "nvmlDeviceGetCount_v2"));
  const auto get_handle =
      reinterpret_cast<Handle>(::dlsym(library, "nvmlDeviceGetHandleByIndex_v2"));
  const auto get_uuid = reinterpret_cast<Uuid>(::dlsym(library, "nvmlDeviceGetUUID"));
  unsigned count = 0;
  if (init != nullptr && shutdown != nullptr && get_count != nullptr && get_handle != nullptr &&
      get_uuid != nullptr && init() == 0) {
    if (get_count(&count) != 0) count = 0;
    for (unsigned index = 0; index < count; ++index) {
      void* handle = nullptr;
      std::array<char, 96> uuid{};
      if (get_handle(index, &handle) == 0 && get_uuid(handle, uuid.data(), uuid.size()) == 0) {
        uuids.emplace_back(uuid.data());
      }
    }
    shutdown();
  }
  ::dlclose(library);
  return uuids;
}

}  // namespace

std::vector<std::string> visible_gpus() {
  const char* listed = std::getenv("CUDA_VISIBLE_DEVICES");
  return listed == nullptr ? all_gpus() : listed_gpus(all_gpus(), listed);
}

std::vector<std::string> listed_gpus(const std::vector<std::string>& all,
                                     const std::string& listed) {
  std::vector<std::string> visible;
  std::istringstream words(listed);
  for (std::string word; std::getline(words, word, ',');) {
    if (word.starts_with("MIG-") && !all.empty()) {
      visible.push_back(word);
      continue;
    }
    const bool is_index =
        !word.empty() && word.size() < 6 &&
        std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_index) {
      const auto index = static_cast<std::size_t>(std::stoul(word));
      if (index >= all.size()) break;  // as CUDA does
      visible.push_back(all[index]);
      continue;
    }
    const auto found = std::find_if(all.begin(), all.end(), [&](const std::string& uuid) {
      return !word.empty() && uuid.starts_with(word);
    });
    if (found == all.end()) break;
    visible.push_back(*found);
  }
  return visible;
}

std::vector<std::string> devices_of_rank(const std::vector<std::string>& visible, int local_rank,
                                         int local_size) {
  const auto count = static_cast<std::ptrdiff_t>(visible.size());
  if (count < local_size) return visible;
  return {visible.begin() + local_rank * count / local_size,
          visible.begin() + (local_rank + 1) * count / local_size};
}

}  // namespace attempt::schedule
