#pragma once

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "model/cuda/kernels.h"
#include "model/fused.h"
#include "model/row_streams.h"

/// What the autograd functions around the kernels share.
namespace attempt::model::fused {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

inline cudaStream_t stream() { return c10::cuda::getCurrentCUDAStream(); }

inline cuda::Type type_of(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat ? cuda::Type::kFloat : cuda::Type::kBFloat16;
}

inline float scale_of(double rate) { return static_cast<float>(1.0 / (1.0 - rate)); }

/// @param sizes  of the tensor that is drawn for
inline cuda::Draw draw_of(const Draw& draw, at::IntArrayRef sizes) {
  if (!draw.base.defined()) return {};
  cuda::Draw on_device = {draw.base.const_data_ptr<std::int64_t>(), draw.offset,
                          static_cast<std::uint32_t>(std::lround(draw.rate * 65536.0)),
                          scale_of(draw.rate)};
  if (!draw.rows.table.defined()) return on_device;
  const RowLayout layout = layout_of(draw.rows, sizes);
  on_device.base = draw.rows.table.const_data_ptr<std::int64_t>();
  const auto narrow = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  on_device.rows = {
      on_device.base,         narrow(layout.groups),       narrow(layout.lines),
      narrow(layout.columns), narrow(layout.lines_column), narrow(layout.columns_column)};
  return on_device;
}

/// A draw between forward and backward. What its tensors hold must not change in between.
inline void keep(AutogradContext* context, const Draw& draw) {
  const auto maybe = [](const at::Tensor& x) {
    return x.defined() ? c10::IValue(x) : c10::IValue();
  };
  context->saved_data["base"] = maybe(draw.base);
  context->saved_data["offset"] = draw.offset;
  context->saved_data["rate"] = draw.rate;
  context->saved_data["rows"] = maybe(draw.rows.table);
  context->saved_data["source"] = draw.rows.source;
  context->saved_data["target"] = draw.rows.target;
}
inline cuda::Draw kept(AutogradContext* context, at::IntArrayRef sizes) {
  const auto tensor = [&](const char* name) {
    const c10::IValue& value = context->saved_data[name];
    return value.isTensor() ? value.toTensor() : at::Tensor();
  };
  return draw_of({tensor("base"),
                  context->saved_data["offset"].toInt(),
                  context->saved_data["rate"].toDouble(),
                  {tensor("rows"), context->saved_data["source"].toInt(),
                   context->saved_data["target"].toInt()}},
                 sizes);
}

}  // namespace attempt::model::fused
