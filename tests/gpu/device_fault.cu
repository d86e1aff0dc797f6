// The faults of device_fault.cpp on the device.
#include <cuda_runtime.h>

#undef NDEBUG
#include <cassert>

namespace {

__global__ void fail_assertion() { assert(false); }

__global__ void run_for_ever(volatile int* flag) {
  while (*flag == 0) __nanosleep(1000);
}

}  // namespace

void launch_failed_assertion(cudaStream_t stream) { fail_assertion<<<1, 1, 0, stream>>>(); }

void launch_endless_kernel(cudaStream_t stream) {
  int* flag = nullptr;
  cudaMalloc(&flag, sizeof(int));
  cudaMemsetAsync(flag, 0, sizeof(int), stream);
  run_for_ever<<<1, 1, 0, stream>>>(flag);
}
