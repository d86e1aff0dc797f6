#include "model/methods/prompt_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <cmath>

#include "model/prompt_init.h"

namespace attempt::model {

namespace {

constexpr std::int64_t kLstmLayers = 2;

}  // namespace

PromptEncoder::PromptEncoder(const TensorMap& weights, bool has_lstm) {
  if (has_lstm) {
    for (std::int64_t layer = 0; layer < kLstmLayers; ++layer) {
      for (const char* direction : {"", "_reverse"}) {
        for (const char* kind : {"weight_ih", "weight_hh", "bias_ih", "bias_hh"}) {
          lstm_.push_back(weights.at(fmt::format("encoder.lstm.{}_l{}{}", kind, layer, direction)));
        }
      }
    }
  }
  for (int i = 0;; i += 2) {
    const std::string name = fmt::format("encoder.mlp.{}.", i);
    const auto weight = weights.find(name + "weight");
    if (weight == weights.end()) break;
    linear_.emplace_back(weight->second, weights.at(name + "bias"));
  }
}

at::Tensor PromptEncoder::operator()(const at::Tensor& rows) const {
  at::Tensor x = rows;
  if (!lstm_.empty()) {
    const std::int64_t width = lstm_[1].size(1);
    const at::Tensor zero = at::zeros({2 * kLstmLayers, 1, width}, rows.options());
    x = std::get<0>(at::lstm(x.unsqueeze(0), {zero, zero}, lstm_, /*has_biases=*/true, kLstmLayers,
                             /*dropout=*/0.0, /*train=*/c10::GradMode::is_enabled(),
                             /*bidirectional=*/true,
                             /*batch_first=*/true))
            .squeeze(0);
  }
  for (std::size_t i = 0; i < linear_.size(); ++i) {
    if (i > 0) x = at::relu(x);
    x = at::linear(x, linear_[i].first, linear_[i].second);
  }
  return x;
}

at::Tensor initial_encoder_tensor(const MethodInputs& inputs, const TensorShape& shape,
                                  const std::vector<TensorShape>& all) {
  std::int64_t fan_in = shape.dims.back();
  if (shape.name.starts_with("encoder.lstm.")) {
    fan_in = shape.dims[0] / 4;
  } else if (shape.name.ends_with(".bias")) {
    const std::string weight = shape.name.substr(0, shape.name.size() - 4) + "weight";
    for (const TensorShape& other : all) {
      if (other.name == weight) fan_in = other.dims[1];
    }
  }
  return uniform_tensor(inputs, shape.name, shape.dims, 1 / std::sqrt(static_cast<double>(fan_in)));
}

}  // namespace attempt::model
