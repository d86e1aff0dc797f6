#include "model/fused.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAException.h>

#include <optional>

#include "model/cuda/kept_draw.h"
#include "model/cuda/kernels.h"

namespace attempt::model::fused {

namespace {

/// How a function takes a tensor that may be undefined.
using Maybe = std::optional<at::Tensor>;
Maybe maybe(const at::Tensor& x) { return x.defined() ? Maybe(x) : Maybe(); }

at::Tensor dropped(const at::Tensor& residual, const at::Tensor& x, const cuda::Draw& draw) {
  const at::Tensor input = x.contiguous();
  const at::Tensor base = residual.defined() ? residual.contiguous() : residual;
  const at::Tensor out = at::empty_like(input);
  cuda::dropout(type_of(input), base.defined() ? base.const_data_ptr() : nullptr,
                input.const_data_ptr(), out.mutable_data_ptr(), input.numel(), draw, stream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return out;
}

class AddDropout : public torch::autograd::Function<AddDropout> {
 public:
  static Variable forward(AutogradContext* context, const Maybe& residual, const Variable& x,
                          const Draw& draw) {
    keep(context, draw);
    context->saved_data["adds"] = residual.has_value();
    return dropped(residual.value_or(at::Tensor()), x, draw_of(draw, x.sizes()));
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {context->saved_data["adds"].toBool() ? gradients[0] : Variable(),
            dropped({}, gradients[0], kept(context, gradients[0].sizes())), Variable()};
  }
};

class ReluDropout : public torch::autograd::Function<ReluDropout> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Draw& draw) {
    const at::Tensor input = x.contiguous();
    const at::Tensor out = at::empty_like(input);
    // A bit an element: a sixteenth of what keeping the output would take.
    const at::Tensor positive =
        at::empty({(input.numel() + 7) / 8}, input.options().dtype(at::kByte));
    cuda::relu_dropout(type_of(input), input.const_data_ptr(), out.mutable_data_ptr(),
                       positive.mutable_data_ptr<std::uint8_t>(), input.numel(),
                       draw_of(draw, input.sizes()), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    context->saved_data["rate"] = draw.rate;
    context->save_for_backward({positive});
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor positive = context->get_saved_variables()[0];
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor out = at::empty_like(gradient);
    cuda::relu_dropout_backward(type_of(gradient), positive.const_data_ptr<std::uint8_t>(),
                                gradient.const_data_ptr(), out.mutable_data_ptr(), gradient.numel(),
                                scale_of(context->saved_data["rate"].toDouble()), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    return {out, Variable()};
  }
};

cuda::AddNorm shape_of(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  cuda::AddNorm shape;
  shape.type = type_of(x);
  shape.weight_type = type_of(weight);
  shape.width = x.size(-1);
  shape.rows = x.numel() / shape.width;
  shape.epsilon = static_cast<float>(epsilon);
  return shape;
}

/// Gradient through a norm with what comes along the residual stream. @param d_sum may be undefined
variable_list norm_backward(AutogradContext* context, const at::Tensor& d_sum,
                            const at::Tensor& d_normed, bool has_branch, std::size_t weight_index) {
  const variable_list saved = context->get_saved_variables();
  const at::Tensor& sum = saved[0];
  const at::Tensor& inverse = saved[1];
  const at::Tensor& weight = saved[2];
  cuda::AddNorm shape = shape_of(sum, weight, 0);
  shape.draw = kept(context, sum.sizes());
  const bool is_branch_dropped = has_branch && shape.draw.base != nullptr;
  const at::Tensor along = d_sum.defined() ? d_sum.contiguous() : d_sum;
  const at::Tensor across = d_normed.defined() ? d_normed.contiguous() : at::zeros_like(sum);
  const at::Tensor for_sum = at::empty_like(sum);
  const at::Tensor for_branch = is_branch_dropped ? at::empty_like(sum) : for_sum;
  at::Tensor partial;
  if (context->needs_input_grad(weight_index)) {
    partial = at::empty({cuda::add_norm_partials(shape.rows), shape.width}, inverse.options());
  }
  cuda::add_norm_backward(
      shape, sum.const_data_ptr(), weight.const_data_ptr(), inverse.const_data_ptr<float>(),
      along.defined() ? along.const_data_ptr() : nullptr, across.const_data_ptr(),
      for_sum.mutable_data_ptr(), is_branch_dropped ? for_branch.mutable_data_ptr() : nullptr,
      partial.defined() ? partial.mutable_data_ptr<float>() : nullptr, stream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  Variable for_weight;
  if (partial.defined()) for_weight = partial.sum(0).to(weight.scalar_type());
  return {for_sum, for_branch, for_weight};
}

class AddNorm : public torch::autograd::Function<AddNorm> {
 public:
  static variable_list forward(AutogradContext* context, const Variable& residual,
                               const Variable& branch, const Variable& weight, double epsilon,
                               const Draw& draw) {
    context->set_materialize_grads(false);
    keep(context, draw);
    const at::Tensor base = residual.contiguous();
    const at::Tensor added = branch.contiguous();
    cuda::AddNorm shape = shape_of(base, weight, epsilon);
    shape.draw = draw_of(draw, base.sizes());
    const at::Tensor sum = at::empty_like(base);
    const at::Tensor normed = at::empty_like(base);
    const at::Tensor inverse = at::empty({shape.rows}, base.options().dtype(at::kFloat));
    cuda::add_norm(shape, base.const_data_ptr(), added.const_data_ptr(), weight.const_data_ptr(),
                   sum.mutable_data_ptr(), normed.mutable_data_ptr(),
                   inverse.mutable_data_ptr<float>(), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    context->save_for_backward({sum, inverse, weight});
    return {sum, normed};
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list parts =
        norm_backward(context, gradients[0], gradients[1], /*has_branch=*/true, 2);
    return {parts[0], parts[1], parts[2], Variable(), Variable()};
  }
};

class Norm : public torch::autograd::Function<Norm> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight,
                          double epsilon) {
    keep(context, {});
    const at::Tensor input = x.contiguous();
    const cuda::AddNorm shape = shape_of(input, weight, epsilon);
    const at::Tensor normed = at::empty_like(input);
    const at::Tensor inverse = at::empty({shape.rows}, input.options().dtype(at::kFloat));
    cuda::add_norm(shape, input.const_data_ptr(), nullptr, weight.const_data_ptr(), nullptr,
                   normed.mutable_data_ptr(), inverse.mutable_data_ptr<float>(), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    context->save_for_backward({input, inverse, weight});
    return normed;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list parts = norm_backward(context, {}, gradients[0], /*has_branch=*/false, 1);
    return {parts[0], parts[2], Variable()};
  }
};

constexpr std::int64_t kHeadWidth = 64;

/// A projection [B, S, parts * I]: its part `index`.
cuda::Heads part_of(const at::Tensor& packed, std::int64_t index, std::int64_t parts) {
  const auto bytes = static_cast<std::int64_t>(packed.element_size());
  return {static_cast<char*>(const_cast<void*>(packed.const_data_ptr())) +
              index * (packed.size(2) / parts) * bytes,
          packed.stride(0), packed.stride(1)};
}

/// Heads [B, H, S, 64] whose rows stand side by side in memory.
at::Tensor side_by_side(const at::Tensor& heads) {
  const bool is_so = heads.stride(3) == 1 && heads.stride(1) == kHeadWidth &&
                     heads.stride(2) % 8 == 0 && heads.stride(0) % 8 == 0;
  return is_so ? heads : heads.transpose(1, 2).contiguous().transpose(1, 2);
}
cuda::Heads heads_of(const at::Tensor& heads) {
  return {const_cast<void*>(heads.const_data_ptr()), heads.stride(0), heads.stride(2)};
}
at::Tensor empty_side_by_side(const at::Tensor& heads) {
  return at::empty({heads.size(0), heads.size(2), heads.size(1), heads.size(3)}, heads.options())
      .transpose(1, 2);
}

struct Forms {
  bool is_packed, is_self;
};
Forms forms_of(const at::Tensor& query, const at::Tensor& packed) {
  return {packed.defined(), packed.defined() && !query.defined()};
}

/// Points an attention at its inputs.
void set_inputs(cuda::Attention& a, const at::Tensor& query, const at::Tensor& key,
                const at::Tensor& value, const at::Tensor& packed) {
  const Forms forms = forms_of(query, packed);
  const std::int64_t parts = forms.is_self ? 3 : 2;
  a.q = forms.is_self ? part_of(packed, 0, parts) : heads_of(query);
  a.k = forms.is_packed ? part_of(packed, parts - 2, parts) : heads_of(key);
  a.v = forms.is_packed ? part_of(packed, parts - 1, parts) : heads_of(value);
  a.batch = forms.is_packed ? packed.size(0) : key.size(0);
  a.keys = forms.is_packed ? packed.size(1) : key.size(2);
  a.queries = forms.is_self ? a.keys : query.size(2);
}

void set_bias(cuda::Attention& a, const at::Tensor& bias, const at::Tensor& mask) {
  if (bias.defined()) a.bias = bias.const_data_ptr<float>();
  if (mask.defined()) a.key_mask = mask.const_data_ptr<bool>();
}

class FusedAttention : public torch::autograd::Function<FusedAttention> {
 public:
  static Variable forward(AutogradContext* context, const Maybe& query, const Maybe& key,
                          const Maybe& value, const Maybe& packed, std::int64_t heads,
                          const AttentionBias& bias, const Draw& draw) {
    keep(context, draw);
    const at::Tensor q = query ? side_by_side(*query) : at::Tensor();
    const at::Tensor k = key ? side_by_side(*key) : at::Tensor();
    const at::Tensor v = value ? side_by_side(*value) : at::Tensor();
    const at::Tensor whole = packed ? packed->contiguous() : at::Tensor();
    const at::Tensor by_distance =
        bias.by_distance.defined() ? bias.by_distance.contiguous() : at::Tensor();
    const at::Tensor mask = bias.key_mask.defined() ? bias.key_mask.contiguous() : at::Tensor();
    cuda::Attention a;
    a.heads = heads;
    a.is_self = bias.is_self;
    set_inputs(a, q, k, v, whole);
    set_bias(a, by_distance, mask);
    a.draw = draw_of(draw, {a.batch, a.heads, a.queries, a.keys});
    const at::TensorOptions options = (packed ? whole : k).options();
    const at::Tensor out = at::empty({a.batch, a.queries, heads * kHeadWidth}, options);
    const at::Tensor log_sum = at::empty({a.batch, heads, a.queries}, options.dtype(at::kFloat));
    at::Tensor stays;
    if (a.draw.base != nullptr) {
      const std::int64_t tiles = (a.keys + cuda::kAttentionTile - 1) / cuda::kAttentionTile;
      stays = at::empty({a.batch, heads, tiles, a.queries}, options.dtype(at::kLong));
      a.kept = reinterpret_cast<std::uint64_t*>(stays.mutable_data_ptr<std::int64_t>());
    }
    a.log_sum = log_sum.mutable_data_ptr<float>();
    a.out = part_of(out, 0, 1);
    cuda::attention_forward(a, stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    context->save_for_backward({q, k, v, whole, by_distance, mask, out, log_sum, stays});
    context->saved_data["is_self"] = bias.is_self;
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &packed = saved[3];
    const at::Tensor &out = saved[6], &log_sum = saved[7], &stays = saved[8];
    cuda::Attention a;
    a.heads = log_sum.size(1);
    a.is_self = context->saved_data["is_self"].toBool();
    set_inputs(a, q, k, v, packed);
    set_bias(a, saved[4], saved[5]);
    a.draw = kept(context, {a.batch, a.heads, a.queries, a.keys});
    a.log_sum = log_sum.mutable_data_ptr<float>();
    if (stays.defined())
      a.kept = reinterpret_cast<std::uint64_t*>(stays.mutable_data_ptr<std::int64_t>());
    a.out = part_of(out, 0, 1);
    const at::Tensor d_out = gradients[0].contiguous();
    const Forms forms = forms_of(q, packed);
    const std::int64_t parts = forms.is_self ? 3 : 2;
    const at::Tensor for_packed = forms.is_packed ? at::empty_like(packed) : at::Tensor();
    const at::Tensor for_q = forms.is_self ? at::Tensor() : empty_side_by_side(q);
    const at::Tensor for_k = forms.is_packed ? at::Tensor() : empty_side_by_side(k);
    const at::Tensor for_v = forms.is_packed ? at::Tensor() : empty_side_by_side(v);
    const at::Tensor delta = at::empty_like(log_sum);
    cuda::attention_backward(
        a, part_of(d_out, 0, 1), forms.is_self ? part_of(for_packed, 0, parts) : heads_of(for_q),
        forms.is_packed ? part_of(for_packed, parts - 2, parts) : heads_of(for_k),
        forms.is_packed ? part_of(for_packed, parts - 1, parts) : heads_of(for_v),
        delta.mutable_data_ptr<float>(), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    return {for_q, for_k, for_v, for_packed, Variable(), Variable(), Variable()};
  }
};

}  // namespace

bool is_built() { return true; }

bool handles(const at::Tensor& x) {
  return x.is_cuda() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& x, const Draw& draw) {
  return AddDropout::apply(maybe(residual), x, draw);
}

at::Tensor relu_dropout(const at::Tensor& x, const Draw& draw) {
  return ReluDropout::apply(x, draw);
}

bool handles_norm(const at::Tensor& x, const at::Tensor& weight) {
  const bool has_types = handles(x) && handles(weight) &&
                         (x.scalar_type() != at::kFloat || weight.scalar_type() == at::kFloat);
  return has_types && cuda::has_norm_kernel(x.size(-1));
}

Sum add_norm(const at::Tensor& residual, const at::Tensor& branch, const at::Tensor& weight,
             double epsilon, const Draw& draw) {
  if (!branch.defined()) return {residual, Norm::apply(residual, weight, epsilon)};
  const variable_list both = AddNorm::apply(residual, branch, weight, epsilon, draw);
  return {both[0], both[1]};
}

at::Tensor attention(const AttentionInputs& inputs, const AttentionBias& bias, const Draw& draw) {
  return FusedAttention::apply(maybe(inputs.query), maybe(inputs.key), maybe(inputs.value),
                               maybe(inputs.packed), inputs.heads, bias, draw);
}

}  // namespace attempt::model::fused
