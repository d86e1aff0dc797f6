// Preloaded into the processes of a study: at replay number ATTEMPT_FAULT_REPLAY of a captured step
// it puts a kernel in front that fails an assertion, or one that never ends (ATTEMPT_FAULT = assert
// or hang). Once: the process that makes the file ATTEMPT_FAULT_ONCE is the one that suffers.
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

void launch_failed_assertion(cudaStream_t stream);
void launch_endless_kernel(cudaStream_t stream);

namespace {

bool is_first(const char* file) {
  const int made = open(file, O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (made >= 0) close(made);
  return made >= 0;
}

}  // namespace

extern "C" cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  using Launch = cudaError_t (*)(cudaGraphExec_t, cudaStream_t);
  static const auto launch = reinterpret_cast<Launch>(dlsym(RTLD_NEXT, "cudaGraphLaunch"));
  static int replays = 0;
  const char *fault = std::getenv("ATTEMPT_FAULT"), *at = std::getenv("ATTEMPT_FAULT_REPLAY");
  const char* once = std::getenv("ATTEMPT_FAULT_ONCE");
  const bool is_asked = fault != nullptr && at != nullptr && once != nullptr;
  if (is_asked && ++replays == std::atoi(at) && is_first(once)) {
    if (std::strcmp(fault, "assert") == 0) {
      launch_failed_assertion(stream);
    } else {
      launch_endless_kernel(stream);
    }
  }
  return launch(graph, stream);
}
