#include "model/shapes/prompt_encoder_shapes.h"

#include <fmt/format.h>

namespace attempt::model {

namespace {

using Shapes = std::vector<TensorShape>;

constexpr std::int64_t kResidualWidth = 400;  // methods.md section 7.3

void add_linear(Shapes& shapes, const std::string& name, std::int64_t in, std::int64_t out) {
  shapes.push_back({name + ".weight", {out, in}});
  shapes.push_back({name + ".bias", {out}});
}

/// Two layers, both directions; gates i, f, g, o; two bias vectors; names as in torch.nn.LSTM.
void add_lstm(Shapes& shapes, std::int64_t in, std::int64_t width) {
  for (int layer = 0; layer < 2; ++layer) {
    for (const char* direction : {"", "_reverse"}) {
      const auto name = [&](const char* kind) {
        return fmt::format("encoder.lstm.{}_l{}{}", kind, layer, direction);
      };
      shapes.push_back({name("weight_ih"), {4 * width, layer == 0 ? in : 2 * width}});
      shapes.push_back({name("weight_hh"), {4 * width, width}});
      shapes.push_back({name("bias_ih"), {4 * width}});
      shapes.push_back({name("bias_hh"), {4 * width}});
    }
  }
}

Shapes lstm_shapes(std::int64_t d_model, std::int64_t width) {
  Shapes shapes;
  add_lstm(shapes, d_model, width);
  add_linear(shapes, "encoder.mlp.0", 2 * width, 2 * width);
  add_linear(shapes, "encoder.mlp.2", 2 * width, d_model);
  return shapes;
}

}  // namespace

std::int64_t prompt_encoder_width(const MethodOptions& options, const T5Config& config) {
  if (options.encoder_hidden > 0) return options.encoder_hidden;
  if (options.prompt_encoder == PromptEncoderKind::kLstm) return config.d_model / 2;
  return options.method == "p_tuning" ? config.d_model : kResidualWidth;
}

std::vector<TensorShape> p_tuning_encoder_shapes(const MethodOptions& options,
                                                 const T5Config& config) {
  const std::int64_t width = prompt_encoder_width(options, config);
  if (options.prompt_encoder == PromptEncoderKind::kLstm) return lstm_shapes(config.d_model, width);
  Shapes shapes;
  add_linear(shapes, "encoder.mlp.0", config.d_model, width);
  add_linear(shapes, "encoder.mlp.2", width, width);
  add_linear(shapes, "encoder.mlp.4", width, config.d_model);
  return shapes;
}

std::vector<TensorShape> residual_encoder_shapes(const MethodOptions& options,
                                                 const T5Config& config) {
  if (options.prompt_encoder == PromptEncoderKind::kNone) return {};
  const std::int64_t width = prompt_encoder_width(options, config);
  if (options.prompt_encoder == PromptEncoderKind::kLstm) return lstm_shapes(config.d_model, width);
  Shapes shapes;
  add_linear(shapes, "encoder.mlp.0", config.d_model, width);
  add_linear(shapes, "encoder.mlp.2", width, config.d_model);
  return shapes;
}

}  // namespace attempt::model
