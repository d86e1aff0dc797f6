#include "model/attach.h"

#include <fmt/format.h>

namespace attempt::model {

namespace {

class Attacher {
 public:
  Attacher(const TensorMap& added, const LoraBranch& lora) : added_(added), lora_(lora) {}

  void attach_attention(const std::string& name, AttentionWeights& weights) const {
    weights.added_q = addition(name + ".q");
    weights.added_k = addition(name + ".k");
    weights.added_v = addition(name + ".v");
    weights.added_o = addition(name + ".o");
    weights.added_k.output_scale = find(name + ".k.ia3");
    weights.added_v.output_scale = find(name + ".v.ia3");
  }

  void attach_feed_forward(const std::string& layer, FeedForwardWeights& weights) const {
    const std::string name = layer + ".DenseReluDense";
    weights.added_wi = addition(name + ".wi");
    weights.added_wi_0 = addition(name + ".wi_0");
    weights.added_wi_1 = addition(name + ".wi_1");
    weights.added_wo = addition(name + ".wo");
    weights.added_wo.input_scale = find(name + ".wo.ia3");
  }

  void attach_norm(const std::string& name, NormWeights& norm) const {
    if (const at::Tensor weight = find(name + ".weight"); weight.defined()) norm.weight = weight;
    norm.bias = find(name + ".bias");
  }

  Adapter adapter(const std::string& layer) const {
    Adapter adapter;
    adapter.down_weight = find(layer + ".adapter.down.weight");
    adapter.down_bias = find(layer + ".adapter.down.bias");
    adapter.up_weight = find(layer + ".adapter.up.weight");
    adapter.up_bias = find(layer + ".adapter.up.bias");
    return adapter;
  }

  at::Tensor find(const std::string& name) const {
    const auto found = added_.find(name);
    return found == added_.end() ? at::Tensor() : found->second;
  }

 private:
  LinearAddition addition(const std::string& map) const {
    LinearAddition added;
    added.lora_a = find(map + ".lora_A");
    added.lora_b = find(map + ".lora_B");
    added.lora_scale = lora_.scale;
    added.lora_dropout = lora_.dropout_rate;
    added.dropout = lora_.dropout;
    added.bias = find(map + ".bias");
    return added;
  }

  const TensorMap& added_;
  const LoraBranch& lora_;
};

}  // namespace

void attach(T5& t5, const TensorMap& added, const LoraBranch& lora) {
  const Attacher attacher(added, lora);
  for (std::size_t i = 0; i < t5.encoder.size(); ++i) {
    EncoderLayerWeights& weights = t5.encoder[i];
    const std::string layer = fmt::format("encoder.block.{}.layer.", i);
    attacher.attach_norm(layer + "0.layer_norm", weights.attention_norm);
    attacher.attach_attention(layer + "0.SelfAttention", weights.attention);
    attacher.attach_norm(layer + "1.layer_norm", weights.feed_forward_norm);
    attacher.attach_feed_forward(layer + "1", weights.feed_forward);
    weights.attention_adapter = attacher.adapter(layer + "0");
    weights.feed_forward_adapter = attacher.adapter(layer + "1");
  }
  for (std::size_t i = 0; i < t5.decoder.size(); ++i) {
    DecoderLayerWeights& weights = t5.decoder[i];
    const std::string layer = fmt::format("decoder.block.{}.layer.", i);
    attacher.attach_norm(layer + "0.layer_norm", weights.self_norm);
    attacher.attach_attention(layer + "0.SelfAttention", weights.self_attention);
    attacher.attach_norm(layer + "1.layer_norm", weights.cross_norm);
    attacher.attach_attention(layer + "1.EncDecAttention", weights.cross_attention);
    attacher.attach_norm(layer + "2.layer_norm", weights.feed_forward_norm);
    attacher.attach_feed_forward(layer + "2", weights.feed_forward);
    weights.self_adapter = attacher.adapter(layer + "0");
    weights.feed_forward_adapter = attacher.adapter(layer + "2");
  }
  attacher.attach_norm("encoder.final_layer_norm", t5.encoder_norm);
  attacher.attach_norm("decoder.final_layer_norm", t5.decoder_norm);
  t5.lm_head_bias = attacher.find("lm_head.bias");
}

std::string AdapterPlace::name() const {
  const int sublayer = is_attention ? 0 : stack == "encoder" ? 1 : 2;
  return fmt::format("{}.block.{}.layer.{}.adapter", stack, layer, sublayer);
}

void for_each_adapter_place(const T5& t5,
                            const std::function<void(const AdapterPlace& place)>& visit) {
  const auto visit_stack = [&](const char* stack, std::size_t layers) {
    for (std::size_t i = 0; i < layers; ++i) {
      for (const bool is_attention : {true, false})
        visit({stack, static_cast<std::int64_t>(i), is_attention});
    }
  };
  visit_stack("encoder", t5.encoder.size());
  visit_stack("decoder", t5.decoder.size());
}

void set_adapters(T5& t5, const std::function<Adapter(const AdapterPlace& place)>& adapter) {
  for (std::size_t i = 0; i < t5.encoder.size(); ++i) {
    const auto layer = static_cast<std::int64_t>(i);
    t5.encoder[i].attention_adapter = adapter({"encoder", layer, true});
    t5.encoder[i].feed_forward_adapter = adapter({"encoder", layer, false});
  }
  for (std::size_t i = 0; i < t5.decoder.size(); ++i) {
    const auto layer = static_cast<std::int64_t>(i);
    t5.decoder[i].self_adapter = adapter({"decoder", layer, true});
    t5.decoder[i].feed_forward_adapter = adapter({"decoder", layer, false});
  }
}

}  // namespace attempt::model
