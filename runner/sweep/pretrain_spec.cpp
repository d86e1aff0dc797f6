#include "runner/sweep/pretrain_spec.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace attempt::sweep {

namespace {

using Json = nlohmann::json;

/// One list of the fields for both directions: `field(name, value)`.
template <typename Spec, typename Field>
void for_each_field(Spec& spec, Field&& field) {
  field("d_model", spec.shape.d_model);
  field("d_kv", spec.shape.d_kv);
  field("num_heads", spec.shape.num_heads);
  field("d_ff", spec.shape.d_ff);
  field("num_layers", spec.shape.num_layers);
  field("num_decoder_layers", spec.shape.num_decoder_layers);
  field("dropout", spec.shape.dropout_rate);
  field("tokenizer", spec.tokenizer);
  field("pieces", spec.pieces);
  field("text", spec.text);
  field("text_weight", spec.text_weight);
  field("data_root", spec.data_root);
  field("tasks", spec.tasks);
  field("tasks_weight", spec.tasks_weight);
  field("seed", spec.seed);
  field("steps", spec.steps);
  field("batch_size", spec.batch_size);
  field("learning_rate", spec.learning_rate);
  field("warmup_steps", spec.warmup_steps);
  field("max_source_length", spec.max_source_length);
  field("max_target_length", spec.max_target_length);
  field("checkpoint_every_seconds", spec.checkpoint_every_seconds);
  field("threads", spec.threads);
}

}  // namespace

std::string to_json(const PretrainSpec& spec) {
  Json json;
  for_each_field(spec, [&](const char* name, const auto& value) { json[name] = value; });
  for (const PairFile& pair : spec.pairs) {
    json["pairs"].push_back({{"file", pair.file}, {"weight", pair.weight}});
  }
  return json.dump(1);
}

PretrainSpec pretrain_spec_from_json(const std::string& text) {
  PretrainSpec spec;
  try {
    const Json json = Json::parse(text);
    for_each_field(spec, [&](const char* name, auto& value) { json.at(name).get_to(value); });
    for (const Json& pair : json.value("pairs", Json::array())) {
      spec.pairs.push_back({pair.at("file"), pair.at("weight")});
    }
  } catch (const Json::exception& error) {
    throw std::runtime_error(std::string("the pretraining specification is damaged (") +
                             error.what() + "). Run `attempt pretrain` again");
  }
  return spec;
}

}  // namespace attempt::sweep
