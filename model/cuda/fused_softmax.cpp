#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>

#include "model/cuda/kept_draw.h"
#include "model/cuda/kernels.h"

namespace attempt::model::fused {

namespace {

cuda::MaskedSoftmax shape_of(const at::Tensor& scores, std::int64_t heads, std::int64_t length) {
  cuda::MaskedSoftmax shape;
  shape.type = type_of(scores);
  shape.batch = scores.size(0);
  shape.heads = heads;
  shape.queries = scores.size(1) / heads;
  shape.length = length;
  shape.stride = scores.size(2);
  return shape;
}

/// Sizes of the weights that are drawn for.
std::vector<std::int64_t> weights_of(const cuda::MaskedSoftmax& shape) {
  return {shape.batch, shape.heads, shape.queries, shape.length};
}

class Softmax : public torch::autograd::Function<Softmax> {
 public:
  static Variable forward(AutogradContext* context, const Variable& scores, const Variable& mask,
                          std::int64_t heads, const Draw& draw) {
    keep(context, draw);
    const at::Tensor rows = scores.contiguous();
    const at::Tensor allowed = mask.contiguous();
    cuda::MaskedSoftmax shape = shape_of(rows, heads, mask.size(1));
    shape.mask = allowed.const_data_ptr<bool>();
    shape.draw = draw_of(draw, weights_of(shape));
    const bool drops = shape.draw.base != nullptr;
    const at::Tensor weights = at::empty_like(rows);
    const at::Tensor dropped = drops ? at::empty_like(rows) : weights;
    cuda::masked_softmax(shape, rows.const_data_ptr(), weights.mutable_data_ptr(),
                         drops ? dropped.mutable_data_ptr() : nullptr, stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    context->saved_data["heads"] = heads;
    context->saved_data["length"] = shape.length;
    context->save_for_backward({weights});
    return dropped;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor weights = context->get_saved_variables()[0];
    cuda::MaskedSoftmax shape = shape_of(weights, context->saved_data["heads"].toInt(),
                                         context->saved_data["length"].toInt());
    shape.draw = kept(context, weights_of(shape));
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor for_scores = at::empty_like(weights);
    cuda::masked_softmax_backward(shape, weights.const_data_ptr(), gradient.const_data_ptr(),
                                  for_scores.mutable_data_ptr(), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    return {for_scores, Variable(), Variable(), Variable()};
  }
};

}  // namespace

at::Tensor masked_softmax(const at::Tensor& scores, const at::Tensor& mask, std::int64_t heads,
                          const Draw& draw) {
  return Softmax::apply(scores, mask, heads, draw);
}

}  // namespace attempt::model::fused
