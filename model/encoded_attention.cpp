#include "model/encoded_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace attempt::model {

/// sum left^T right
struct GatheredGradient {
  std::vector<at::Tensor> left;   ///< [B, n, S]
  std::vector<at::Tensor> right;  ///< [B, n, D]
};

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;
using Gathered = std::shared_ptr<GatheredGradient>;

struct Kept : torch::CustomClassHolder {
  explicit Kept(Gathered to) : gathered(std::move(to)) {}
  Gathered gathered;
};
void keep(AutogradContext* context, const Gathered& gathered) {
  context->saved_data["gathered"] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(gathered));
}
GatheredGradient& kept(AutogradContext* context) {
  return *static_cast<Kept&>(*context->saved_data["gathered"].toCapsule()).gathered;
}

/// A GPU's matrix products are slow with a number of rows that is no multiple of this.
constexpr std::int64_t kRowStep = 8;

/// hidden [B, S, D], on a GPU with rows of zeros behind it up to a multiple of kRowStep.
at::Tensor padded(const at::Tensor& hidden) {
  const std::int64_t missing = (kRowStep - hidden.size(1) % kRowStep) % kRowStep;
  return hidden.is_cuda() && missing > 0 ? at::constant_pad_nd(hidden, {0, 0, 0, missing}) : hidden;
}

/// Goes backward after every product that took its token.
class Gather : public torch::autograd::Function<Gather> {
 public:
  static Variable forward(AutogradContext* context, const Variable& hidden,
                          const Gathered& gathered) {
    context->set_materialize_grads(false);
    keep(context, gathered);
    context->saved_data["rows"] = hidden.size(1);
    return at::empty({0}, hidden.options());
  }
  static variable_list backward(AutogradContext* context, const variable_list&) {
    GatheredGradient& gathered = kept(context);
    if (gathered.left.empty()) return {Variable(), Variable()};
    const at::Tensor gradient =
        at::bmm(at::cat(gathered.left, 1).transpose(1, 2), at::cat(gathered.right, 1))
            .narrow(1, 0, context->saved_data["rows"].toInt());
    gathered = {};
    return {gradient, Variable()};
  }
};

/// x hidden^T, or x hidden.
class Product : public torch::autograd::Function<Product> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& /*token*/,
                          const Variable& hidden, bool is_score, const Gathered& gathered) {
    keep(context, gathered);
    context->saved_data["is_score"] = is_score;
    context->save_for_backward({x, hidden});
    return at::bmm(x, is_score ? hidden.transpose(1, 2) : hidden);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &hidden = saved[1], &gradient = gradients[0];
    const bool is_score = context->saved_data["is_score"].toBool();
    if (context->needs_input_grad(1)) {
      kept(context).left.push_back(is_score ? gradient : x);
      kept(context).right.push_back(is_score ? x : gradient);
    }
    at::Tensor for_x;
    if (context->needs_input_grad(0))
      for_x = at::bmm(gradient, is_score ? hidden : hidden.transpose(1, 2));
    return {for_x, Variable(), Variable(), Variable(), Variable()};
  }
};

/// A frozen matrix for each head: out[:, h] = x[:, h] weight[h], without moving heads around.
class ByHead : public torch::autograd::Function<ByHead> {
 public:
  /// @param x [R, H, n], @param weight [H, n, m]. @return [R, H, m]
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight) {
    context->save_for_backward({weight});
    return product(x, weight);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor weight = context->get_saved_variables()[0];
    return {product(gradients[0], weight.transpose(1, 2)), Variable()};
  }

 private:
  static at::Tensor product(const at::Tensor& x, const at::Tensor& weight) {
    const at::Tensor out = at::empty({x.size(0), x.size(1), weight.size(2)}, x.options());
    at::Tensor by_head = out.transpose(0, 1);
    at::bmm_out(by_head, x.transpose(0, 1), weight);
    return out;
  }
};

/// drop(softmax of the scores where the mask is true). Dropout draws for the weights as attend()
/// of model/attention.h has them, [B, H, T, S].
/// @param scores [B, T H, S], on a GPU with what padded() adds, @param mask [B, S]
at::Tensor weights_of(const at::Tensor& scores, const at::Tensor& mask, std::int64_t heads,
                      Dropout& dropout) {
  if (fused::handles(scores))
    return fused::masked_softmax(scores, mask, heads, dropout.next_draw());
  const at::Tensor masked =
      scores.masked_fill(mask.logical_not().unsqueeze(1), -std::numeric_limits<double>::infinity());
  const at::Tensor weights = at::softmax(masked, -1, at::kFloat).to(scores.scalar_type());
  if (!dropout.is_active()) return weights;
  const at::Tensor of_heads =
      weights.view({weights.size(0), -1, heads, weights.size(2)}).transpose(1, 2);
  return dropout(of_heads).transpose(1, 2).reshape(weights.sizes());
}

}  // namespace

EncodedRows::EncodedRows(const at::Tensor& hidden)
    : hidden_(padded(hidden.detach())), gathered_(std::make_shared<GatheredGradient>()) {
  token_ = Gather::apply(hidden, gathered_);
}

at::Tensor EncodedRows::scores(const at::Tensor& rows) const {
  return Product::apply(rows, token_, hidden_, /*is_score=*/true, gathered_);
}

at::Tensor EncodedRows::mixed(const at::Tensor& weights) const {
  return Product::apply(weights, token_, hidden_, /*is_score=*/false, gathered_);
}

bool suits_encoded_rows(const T5& t5, std::int64_t queries) {
  constexpr std::int64_t kMostQueries = 8;
  return queries <= kMostQueries &&
         std::all_of(t5.decoder.begin(), t5.decoder.end(), [](const DecoderLayerWeights& layer) {
           const AttentionWeights& weights = layer.cross_attention;
           return weights.packed.defined() && prefix_length(weights) == 0 &&
                  !weights.added_k.changes_output() && !weights.added_v.changes_output();
         });
}

at::Tensor attend(const T5& t5, const AttentionWeights& weights, const at::Tensor& query,
                  const EncodedRows& rows, const at::Tensor& mask, Dropout& dropout) {
  const std::int64_t batch = query.size(0), heads = query.size(1), queries = query.size(2);
  const std::int64_t width = t5.config.d_model;
  const auto of_heads = [&](const at::Tensor& matrix) {
    return matrix.view({heads, t5.config.d_kv, width});
  };
  // A row's queries with their heads: [B, T H, n], so that each product writes where the next
  // reads.
  const at::Tensor turned = ByHead::apply(
      query.transpose(1, 2).reshape({batch * queries, heads, -1}), of_heads(weights.k));
  const at::Tensor scores = rows.scores(turned.view({batch, queries * heads, width}));
  const at::Tensor mixed = rows.mixed(weights_of(scores, mask, heads, dropout));
  const at::Tensor values = ByHead::apply(mixed.view({batch * queries, heads, width}),
                                          of_heads(weights.v).transpose(1, 2));
  return linear(values.view({batch, queries, -1}), weights.o, weights.added_o);
}

}  // namespace attempt::model
