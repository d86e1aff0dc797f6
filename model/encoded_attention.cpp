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

/// Goes backward after every product that took its token.
class Gather : public torch::autograd::Function<Gather> {
 public:
  static Variable forward(AutogradContext* context, const Variable& hidden,
                          const Gathered& gathered) {
    context->set_materialize_grads(false);
    keep(context, gathered);
    return at::empty({0}, hidden.options());
  }
  static variable_list backward(AutogradContext* context, const variable_list&) {
    GatheredGradient& gathered = kept(context);
    if (gathered.left.empty()) return {Variable(), Variable()};
    const at::Tensor gradient =
        at::bmm(at::cat(gathered.left, 1).transpose(1, 2), at::cat(gathered.right, 1));
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

/// [B, H, T, n] -> [H, B T, n]
at::Tensor by_head(const at::Tensor& rows) {
  return rows.permute({1, 0, 2, 3}).reshape({rows.size(1), rows.size(0) * rows.size(2), -1});
}

}  // namespace

EncodedRows::EncodedRows(const at::Tensor& hidden)
    : hidden_(hidden.detach()), gathered_(std::make_shared<GatheredGradient>()) {
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
  const auto of_heads = [&](const at::Tensor& matrix) {
    return matrix.view({heads, t5.config.d_kv, t5.config.d_model});
  };
  const auto of_rows = [&](const at::Tensor& x) {  // [H, B T, n] -> [B, H T, n]
    return x.view({heads, batch, queries, -1})
        .permute({1, 0, 2, 3})
        .reshape({batch, heads * queries, -1});
  };
  const at::Tensor turned = of_rows(at::bmm(by_head(query), of_heads(weights.k)));
  const at::Tensor scores = rows.scores(turned).view({batch, heads, queries, -1});
  const at::Tensor masked = scores.masked_fill(mask.logical_not().view({batch, 1, 1, -1}),
                                               -std::numeric_limits<double>::infinity());
  const at::Tensor probabilities = at::softmax(masked, -1, at::kFloat).to(query.scalar_type());
  const at::Tensor mixed = rows.mixed(dropout(probabilities).view({batch, heads * queries, -1}))
                               .view({batch, heads, queries, -1});
  const at::Tensor values = at::bmm(by_head(mixed), of_heads(weights.v).transpose(1, 2));
  const at::Tensor merged =
      values.view({heads, batch, queries, -1}).permute({1, 2, 0, 3}).reshape({batch, queries, -1});
  return linear(merged, weights.o, weights.added_o);
}

}  // namespace attempt::model
