#include "model/dropout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "model/dropout_kernel.h"

namespace attempt::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr std::int64_t kGrain = 1 << 15;  // elements a thread takes at least

/// Calls kernel(draw, shift, first, last) for all elements of a tensor: for the positions first to
/// last - 1 of the draw's masks, which are those of the elements first + shift to last + shift - 1.
template <typename Kernel>
void in_parallel(const at::Tensor& x, const fused::Draw& draw, const Kernel& kernel) {
  if (!draw.rows.table.defined()) {
    const DropoutDraw of_all(draw.offset, draw.rate);
    at::parallel_for(0, x.numel(), kGrain, [&](std::int64_t first, std::int64_t last) {
      kernel(of_all, std::int64_t{0}, first, last);
    });
    return;
  }
  const RowLayout layout = layout_of(draw.rows, x.sizes());
  const std::int64_t* table = draw.rows.table.const_data_ptr<std::int64_t>();
  const std::int64_t row_lines = layout.groups * layout.lines;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / (row_lines * layout.columns));
  at::parallel_for(0, layout.rows, grain, [&](std::int64_t first_row, std::int64_t last_row) {
    for (std::int64_t row = first_row; row < last_row; ++row) {
      const std::int64_t* own = table + row * kRowColumns;
      const std::int64_t lines = own[layout.lines_column];
      const std::int64_t columns =
          layout.columns_column < 0 ? layout.columns : own[layout.columns_column];
      const DropoutDraw of_row(own[kRowKey] + draw.offset, draw.rate);
      for (std::int64_t i = 0; i < row_lines; ++i) {
        const std::int64_t group = i / layout.lines, line = i % layout.lines;
        const std::int64_t position =
            ((own[kRowPlace] * layout.groups + group) * lines + line) * columns;
        kernel(of_row, (row * row_lines + i) * layout.columns - position, position,
               position + layout.columns);
      }
    }
  });
}

void keep(AutogradContext* context, const fused::Draw& draw) {
  context->saved_data["offset"] = draw.offset;
  context->saved_data["rate"] = draw.rate;
  if (!draw.rows.table.defined()) return;
  context->saved_data["rows"] = draw.rows.table;
  context->saved_data["source"] = draw.rows.source;
  context->saved_data["target"] = draw.rows.target;
}
fused::Draw kept(AutogradContext* context) {
  fused::Draw draw;
  draw.offset = context->saved_data["offset"].toInt();
  draw.rate = context->saved_data["rate"].toDouble();
  if (context->saved_data.count("rows") > 0) {
    draw.rows = {context->saved_data["rows"].toTensor(), context->saved_data["source"].toInt(),
                 context->saved_data["target"].toInt()};
  }
  return draw;
}

at::Tensor dropped(const at::Tensor& x, const fused::Draw& draw) {
  const at::Tensor input = x.contiguous();
  const at::Tensor out = at::empty_like(input);
  const float* from = input.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  in_parallel(input, draw,
              [&](const DropoutDraw& of, std::int64_t shift, std::int64_t first,
                  std::int64_t last) { dropout_range(of, from + shift, to + shift, first, last); });
  return out;
}

class DropoutFunction : public torch::autograd::Function<DropoutFunction> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const fused::Draw& draw) {
    keep(context, draw);
    return dropped(x, draw);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {dropped(gradients[0], kept(context)), Variable()};
  }
};

class AddDropoutFunction : public torch::autograd::Function<AddDropoutFunction> {
 public:
  static Variable forward(AutogradContext* context, const Variable& residual, const Variable& x,
                          const fused::Draw& draw) {
    keep(context, draw);
    const at::Tensor base = residual.contiguous();
    const at::Tensor input = x.contiguous();
    const at::Tensor out = at::empty_like(input);
    const float* kept = base.const_data_ptr<float>();
    const float* from = input.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    in_parallel(
        input, draw,
        [&](const DropoutDraw& of, std::int64_t shift, std::int64_t first, std::int64_t last) {
          add_dropout_range(of, kept + shift, from + shift, to + shift, first, last);
        });
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    Variable for_x;
    if (context->needs_input_grad(1)) for_x = dropped(gradients[0], kept(context));
    return {gradients[0], for_x, Variable()};
  }
};

class ReluDropoutFunction : public torch::autograd::Function<ReluDropoutFunction> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const fused::Draw& draw) {
    const at::Tensor input = x.contiguous();
    const at::Tensor out = at::empty_like(input);
    const float* from = input.const_data_ptr<float>();
    float* to = out.mutable_data_ptr<float>();
    in_parallel(
        input, draw,
        [&](const DropoutDraw& of, std::int64_t shift, std::int64_t first, std::int64_t last) {
          relu_dropout_range(of, from + shift, to + shift, first, last);
        });
    context->saved_data["rate"] = draw.rate;
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
    at::parallel_for(0, gradient.numel(), kGrain, [&](std::int64_t first, std::int64_t last) {
      relu_dropout_backward_range(draw, produced, from, to, first, last);
    });
    return {out, Variable()};
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

fused::Draw Dropout::next_cpu_draw(double rate) {
  ++calls_;
  if (!rows_.table.defined()) return {{}, key_after(calls_), rate};
  return {{}, static_cast<std::int64_t>(calls_ - base_calls_), rate, rows_};
}

std::int64_t Dropout::key_after(std::uint64_t draws) const {
  return static_cast<std::int64_t>(seed_ * 0xD1342543DE82EF95ULL + draws);
}

fused::Draw Dropout::next_draw() { return is_active() ? next_draw(rate_) : fused::Draw(); }

fused::Draw Dropout::next_draw(double rate) {
  ++calls_;
  return {base_, static_cast<std::int64_t>(calls_ - base_calls_), rate, rows_};
}

void Dropout::start_step() {
  if (!base_.defined()) return;
  base_calls_ = calls_;
  base_.fill_(key_after(calls_));
}

void Dropout::start_parts(std::span<const DropoutPart> parts, std::int64_t source,
                          std::int64_t target) {
  if (!is_active()) return;
  TORCH_CHECK(!generator_.defined(), "without its kernels a device draws from one stream alone");
  std::int64_t rows = 0;
  for (const DropoutPart& part : parts) rows += part.rows;
  // Page-locked for a device, which may be at an earlier step: the copy waits there, not here.
  const at::Tensor table =
      at::empty({rows, kRowColumns}, at::TensorOptions(at::kLong).pinned_memory(base_.defined()));
  auto* to = table.mutable_data_ptr<std::int64_t>();
  for (const DropoutPart& part : parts) {
    const std::int64_t key = part.stream->key_after(part.stream->calls_);
    for (std::int64_t row = 0; row < part.rows; ++row, to += kRowColumns) {
      to[kRowKey] = key;
      to[kRowPlace] = row;
      to[kRowSource] = part.source;
      to[kRowTarget] = part.target;
    }
  }
  // On a device a captured pass reads the table where it was.
  const bool is_there = base_.defined() && rows_.table.defined() && rows_.table.size(0) == rows;
  if (is_there) {
    rows_.table.copy_(table, /*non_blocking=*/true);
  } else {
    rows_.table = base_.defined() ? table.to(base_.device(), /*non_blocking=*/true) : table;
  }
  rows_.source = source;
  rows_.target = target;
  base_calls_ = calls_;
}

void Dropout::finish_parts(std::span<const DropoutPart> parts) {
  for (const DropoutPart& part : parts) part.stream->skip(calls_ - base_calls_);
}

at::Tensor Dropout::operator()(const at::Tensor& x, double rate) {
  if (!has_stream_ || rate <= 0) return x;
  if (has_kernel(x)) return DropoutFunction::apply(x, next_cpu_draw(rate));
  if (base_.defined() && fused::handles(x)) return fused::add_dropout({}, x, next_draw(rate));
  if (x.is_cpu())
    return DropoutFunction::apply(x.to(at::kFloat), next_cpu_draw(rate)).to(x.scalar_type());
  const double keep = 1 - rate;
  const at::Tensor mask =
      at::empty_like(x, x.options().requires_grad(false)).bernoulli_(keep, generator_);
  return x * mask.div_(keep);
}

at::Tensor Dropout::add(const at::Tensor& residual, const at::Tensor& x) {
  if (is_active() && has_kernel(x))
    return AddDropoutFunction::apply(residual, x, next_cpu_draw(rate_));
  if (is_active() && base_.defined() && fused::handles(x))
    return fused::add_dropout(residual, x, next_draw(rate_));
  return residual + (*this)(x);
}

at::Tensor Dropout::relu(const at::Tensor& x) {
  if (is_active() && has_kernel(x)) return ReluDropoutFunction::apply(x, next_cpu_draw(rate_));
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
