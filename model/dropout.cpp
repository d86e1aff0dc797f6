#include "model/dropout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstring>

#include "model/dropout_kernel.h"

namespace attempt::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr std::int64_t kGrain = 1 << 15;  // elements a thread takes at least

template <typename Range>
void in_parallel(const at::Tensor& shape_of, const Range& range) {
  at::parallel_for(0, shape_of.numel(), kGrain, range);
}

at::Tensor dropped(const at::Tensor& x, std::int64_t key, double rate) {
  const at::Tensor input = x.contiguous();
  const at::Tensor out = at::empty_like(input);
  const DropoutDraw draw(key, rate);
  const float* from = input.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  in_parallel(input, [&](std::int64_t first, std::int64_t last) {
    dropout_range(draw, from, to, first, last);
  });
  return out;
}

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, std::int64_t key,
                          double rate) {
    context->saved_data["key"] = key;
    context->saved_data["rate"] = rate;
    return dropped(x, key, rate);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {dropped(gradients[0], context->saved_data["key"].toInt(),
                    context->saved_data["rate"].toDouble()),
            Variable(), Variable()};
  }
};

class AddDropoutFunction : public torch::autograd::Function<AddDropoutFunction> {
 public:
  static Variable forward(AutogradContext* context, const Variable& residual, const Variable& x,
                          std::int64_t key, double rate) {
    context->saved_data["key"] = key;
    context->saved_data["rate"] = rate;
    const at::Tensor base = residual.contiguous();
    const at::Tensor input = x.contiguous();
    const at::Tensor out = at::empty_like(input);
    const DropoutDraw draw(key, rate);
    const float* kept = base.const_data_ptr<float>();
    const float* from = input.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    in_parallel(input, [&](std::int64_t first, std::int64_t last) {
      add_dropout_range(draw, kept, from, to, first, last);
    });
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    Variable for_x;
    if (context->needs_input_grad(1)) {
      for_x = dropped(gradients[0], context->saved_data["key"].toInt(),
                      context->saved_data["rate"].toDouble());
    }
    return {gradients[0], for_x, Variable(), Variable()};
  }
};

class ReluDropoutFunction : public torch::autograd::Function<ReluDropoutFunction> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, std::int64_t key,
                          double rate) {
    const at::Tensor input = x.contiguous();
    const at::Tensor out = at::empty_like(input);
    const DropoutDraw draw(key, rate);
    const float* from = input.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    in_parallel(input, [&](std::int64_t first, std::int64_t last) {
      relu_dropout_range(draw, from, to, first, last);
    });
    context->saved_data["rate"] = rate;
    context->save_for_backward({out});  // positive exactly where an element stayed and was positive
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor output = context->get_saved_variables()[0];
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor out = at::empty_like(gradient);
    const DropoutDraw draw(0, context->saved_data["rate"].toDouble());
    const float* produced = output.const_data_ptr<float>();
    const float* from = gradient.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    in_parallel(gradient, [&](std::int64_t first, std::int64_t last) {
      relu_dropout_backward_range(draw, produced, from, to, first, last);
    });
    return {out, Variable(), Variable()};
  }
};

}  // namespace

Dropout::Dropout(double rate, std::uint64_t seed, const at::Device& device)
    : rate_(rate), has_stream_(true), seed_(seed) {
  if (device.is_cpu()) return;
  if (fused::is_built()) {
    base_ = at::empty({1}, at::TensorOptions().dtype(at::kLong).device(device));
    start_step();
    return;
  }
  generator_ = at::globalContext().defaultGenerator(device).clone();
  generator_.set_current_seed(seed);
}

bool Dropout::has_kernel(const at::Tensor& x) const {
  return x.is_cpu() && x.scalar_type() == at::kFloat;
}

std::int64_t Dropout::next_key() { return key_after(++calls_); }

std::int64_t Dropout::key_after(std::uint64_t draws) const {
  return static_cast<std::int64_t>(seed_ * 0xD1342543DE82EF95ULL + draws);
}

fused::Draw Dropout::next_draw() { return is_active() ? next_draw(rate_) : fused::Draw(); }

fused::Draw Dropout::next_draw(double rate) {
  ++calls_;
  return {base_, static_cast<std::int64_t>(calls_ - base_calls_), rate};
}

void Dropout::start_step() {
  if (!base_.defined()) return;
  base_calls_ = calls_;
  base_.fill_(key_after(calls_));
}

at::Tensor Dropout::operator()(const at::Tensor& x, double rate) {
  if (!has_stream_ || rate <= 0) return x;
  if (has_kernel(x)) return DropoutFunction::apply(x, next_key(), rate);
  if (base_.defined() && fused::handles(x)) return fused::add_dropout({}, x, next_draw(rate));
  if (x.is_cpu())
    return DropoutFunction::apply(x.to(at::kFloat), next_key(), rate).to(x.scalar_type());
  const double keep = 1 - rate;
  const at::Tensor mask =
      at::empty_like(x, x.options().requires_grad(false)).bernoulli_(keep, generator_);
  return x * mask.div_(keep);
}

at::Tensor Dropout::add(const at::Tensor& residual, const at::Tensor& x) {
  if (is_active() && has_kernel(x))
    return AddDropoutFunction::apply(residual, x, next_key(), rate_);
  if (is_active() && base_.defined() && fused::handles(x))
    return fused::add_dropout(residual, x, next_draw(rate_));
  return residual + (*this)(x);
}

at::Tensor Dropout::relu(const at::Tensor& x) {
  if (is_active() && has_kernel(x)) return ReluDropoutFunction::apply(x, next_key(), rate_);
  if (is_active() && base_.defined() && fused::handles(x))
    return fused::relu_dropout(x, next_draw(rate_));
  return (*this)(at::relu(x));
}

at::Tensor Dropout::state() const {
  if (!has_stream_) return {};
  if (generator_.defined()) return generator_.get_state();
  const at::Tensor state = at::empty({static_cast<std::int64_t>(sizeof(calls_))}, at::kByte);
  std::memcpy(state.mutable_data_ptr(), &calls_, sizeof(calls_));
  return state;
}

void Dropout::set_state(const at::Tensor& state) {
  if (!has_stream_ || !state.defined()) return;
  if (generator_.defined()) {
    generator_.set_state(state);
    return;
  }
  TORCH_CHECK(state.numel() == sizeof(calls_), "a dropout state of ", state.numel(),
              " bytes (expected ", sizeof(calls_), ")");
  std::memcpy(&calls_, state.const_data_ptr(), sizeof(calls_));
  start_step();
}

}  // namespace attempt::model
