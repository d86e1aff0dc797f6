#include "model/dropout.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace attempt::model {

Dropout::Dropout(double rate, std::uint64_t seed, const at::Device& device) : rate_(rate) {
  if (rate <= 0) return;
  if (device.is_cpu()) {
    generator_ = at::detail::createCPUGenerator(seed);
  } else {
    generator_ = at::globalContext().defaultGenerator(device).clone();
    generator_.set_current_seed(seed);
  }
}

at::Tensor Dropout::operator()(const at::Tensor& x) {
  if (!is_active()) return x;
  const double keep = 1 - rate_;
  at::Tensor mask =
      at::empty_like(x, x.options().requires_grad(false)).bernoulli_(keep, generator_);
  return x * mask.div_(keep);
}

at::Tensor Dropout::state() const { return is_active() ? generator_.get_state() : at::Tensor(); }

void Dropout::set_state(const at::Tensor& state) {
  if (is_active() && state.defined()) generator_.set_state(state);
}

}  // namespace attempt::model
