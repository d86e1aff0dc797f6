#include "runner/train/trainer_device.h"

#include <ATen/Context.h>

#include <cstdlib>

#include "runner/train/loss_graphs.h"

namespace attempt::train {

at::Device trainer_device() {
  if (!at::hasCUDA()) return at::kCPU;
  // Memory statistics exist only once the allocator does.
  at::globalContext().lazyInitDevice(at::kCUDA);
  use_capturable_stream();
  return {at::kCUDA, 0};
}

void use_deterministic_kernels(const at::Device& device) {
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);  // cuBLAS reproducibility
  // A GPU kernel without a deterministic form warns instead of ending the trial.
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/!device.is_cpu());
  at::globalContext().setAllowTF32CuDNN(false);  // an LSTM would compute with 10 bits of mantissa
  at::globalContext().setDeterministicFillUninitializedMemory(false);
}

}  // namespace attempt::train
