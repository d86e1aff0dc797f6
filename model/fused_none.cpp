#include <c10/util/Exception.h>

#include "model/fused.h"

namespace attempt::model::fused {

namespace {

[[noreturn]] void fail() { TORCH_CHECK(false, "this build has no CUDA kernels"); }

}  // namespace

bool is_built() { return false; }
bool handles(const at::Tensor&) { return false; }
bool handles_norm(const at::Tensor&, const at::Tensor&) { return false; }
at::Tensor add_dropout(const at::Tensor&, const at::Tensor&, const Draw&) { fail(); }
at::Tensor relu_dropout(const at::Tensor&, const Draw&) { fail(); }
at::Tensor masked_softmax(const at::Tensor&, const at::Tensor&, std::int64_t, const Draw&) {
  fail();
}
Sum add_norm(const at::Tensor&, const at::Tensor&, const at::Tensor&, double, const Draw&) {
  fail();
}
at::Tensor attention(const AttentionInputs&, const AttentionBias&, const Draw&) { fail(); }

}  // namespace attempt::model::fused
