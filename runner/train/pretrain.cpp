#include "runner/train/pretrain.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/tokenizer.h"
#include "model/methods/fine_tuning.h"
#include "model/safetensors_writer.h"
#include "model/shapes/method_shapes.h"
#include "model/t5.h"
#include "results/checkpoint_file.h"
#include "results/digest.h"
#include "results/publish.h"
#include "results/trial_file.h"
#include "runner/train/checkpoint_writer.h"
#include "runner/train/derive_seed.h"
#include "runner/train/learning_rate_schedule.h"
#include "runner/train/make_optimizer.h"
#include "runner/train/named_arrays.h"
#include "runner/train/pretrain_data.h"
#include "runner/train/provenance.h"
#include "runner/train/task_tokens.h"
#include "runner/train/trial_failure.h"
#include "runner/train/trial_state.h"
#include "runner/train/update_step.h"

namespace attempt::train {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSentinels = 100;
constexpr std::int64_t kRowsAreAMultipleOf = 8;

/// Start values of transformers' T5 (Mesh TensorFlow's): by the width that a matrix reads.
double start_deviation(const std::string& name, const model::T5Config& config) {
  const auto ends = [&](const char* part) { return name.find(part) != std::string::npos; };
  const auto d_model = static_cast<double>(config.d_model);
  if (ends("shared")) return 1.0;
  if (ends(".q.weight")) return 1 / std::sqrt(d_model * static_cast<double>(config.d_kv));
  if (ends(".o.weight")) return 1 / std::sqrt(static_cast<double>(config.inner_dim()));
  if (ends(".wo.weight")) return 1 / std::sqrt(static_cast<double>(config.d_ff));
  return 1 / std::sqrt(d_model);
}

model::T5 random_t5(const model::T5Config& config, std::uint64_t seed, const at::Device& device) {
  at::Generator generator = at::detail::createCPUGenerator(derive_seed(seed, "initialisation"));
  model::TensorMap tensors;
  for (const model::TensorShape& shape : model::backbone_shapes(config)) {
    at::Tensor tensor = at::ones(shape.dims, at::kFloat);
    if (shape.name.find("norm") == std::string::npos) {
      tensor.normal_(0, start_deviation(shape.name, config), generator);
    }
    tensors[shape.name] = tensor.to(device);
  }
  return model::make_t5(config, std::move(tensors), model::Packing::kSeparate);
}

void write_config(const fs::path& path, const model::T5Config& config) {
  const nlohmann::ordered_json json = {
      {"architectures", {"T5ForConditionalGeneration"}},
      {"model_type", "t5"},
      {"vocab_size", config.vocab_size},
      {"d_model", config.d_model},
      {"d_kv", config.d_kv},
      {"num_heads", config.num_heads},
      {"d_ff", config.d_ff},
      {"num_layers", config.num_layers},
      {"num_decoder_layers", config.num_decoder_layers},
      {"relative_attention_num_buckets", config.relative_attention_num_buckets},
      {"relative_attention_max_distance", config.relative_attention_max_distance},
      {"dropout_rate", config.dropout_rate},
      {"layer_norm_epsilon", config.layer_norm_epsilon},
      {"feed_forward_proj", "relu"},
      {"tie_word_embeddings", true},
      {"pad_token_id", 0},
      {"eos_token_id", 1},
      {"decoder_start_token_id", 0}};
  results::write_file_atomically(path, json.dump(2) + "\n");
}

fs::path ready_tokenizer(const sweep::PretrainSpec& spec, const fs::path& backbone) {
  const fs::path file = backbone / "spiece.model";
  if (!spec.tokenizer.empty()) {
    fs::copy_file(spec.tokenizer, file, fs::copy_options::overwrite_existing);
  } else if (!fs::exists(file)) {
    train_tokenizer(spec, file);
  }
  return file;
}

sweep::OptimizerSpec optimizer_spec(const sweep::PretrainSpec& spec) {
  sweep::OptimizerSpec optimizer;
  optimizer.learning_rate = spec.learning_rate;
  optimizer.learning_rate_g = spec.learning_rate;
  optimizer.weight_decay = 0;
  optimizer.warmup_steps = spec.warmup_steps;
  return optimizer;
}

results::TrialRecord empty_record(const sweep::PretrainSpec& spec, const std::string& tokenizer) {
  const std::string config = sweep::to_json(spec);
  results::TrialRecord record;
  record.trial_id = results::sha256(config + tokenizer).substr(0, 32);
  record.phase = "pretrain";
  record.method = "fine_tuning";
  record.tasks = spec.tasks;
  record.seed = spec.seed;
  record.config = config;
  record.compat = record.sources = record.counts = "{}";
  return record;
}

}  // namespace

void pretrain(const sweep::PretrainSpec& spec, const fs::path& out, const at::Device& device,
              const TrialMonitor& monitor) {
  if (spec.threads > 0) at::set_num_threads(static_cast<int>(spec.threads));
  const fs::path backbone = out / "backbone";
  fs::create_directories(backbone);
  const results::StudyFolder folder(out);
  folder.create();
  monitor.report({.stage = "tokenising", .total_steps = spec.steps});
  const fs::path spiece = ready_tokenizer(spec, backbone);
  const datasets::Tokenizer tokenizer(spiece);
  const PretrainData data(spec, tokenizer);

  model::T5Config config = spec.shape;
  config.vocab_size = (tokenizer.piece_count() + kSentinels + kRowsAreAMultipleOf - 1) /
                      kRowsAreAMultipleOf * kRowsAreAMultipleOf;
  const model::T5 start = random_t5(config, spec.seed, device);
  model::MethodInputs inputs;
  inputs.options.method = "fine_tuning";
  inputs.backbone = &start;
  model::FineTuning method(inputs);
  const auto optimizer = make_optimizer(optimizer_spec(spec), method.parameters());
  model::Dropout dropout(config.dropout_rate, derive_seed(spec.seed, "dropout"), device);
  const LearningRateSchedule schedule{parse_schedule_kind("linear"), spec.warmup_steps, spec.steps};

  const std::string conditions = run_conditions(device, 0);
  TrialState state;
  state.record = empty_record(spec, results::sha256_file(spiece));
  results::FoundCheckpoint found = results::find_checkpoint(folder, state.record.trial_id);
  if (found.checkpoint) {
    state =
        restore_checkpoint(std::move(*found.checkpoint), {method, *optimizer, dropout}, conditions);
  }
  CheckpointWriter checkpoints(folder, {results::make_run_id(), 1}, spec.checkpoint_every_seconds);
  const auto save = [&] {
    checkpoints.write(make_checkpoint(state, {method, *optimizer, dropout}, conditions));
  };
  double seconds_per_step = 0;
  while (state.step < spec.steps) {
    if (state.step > 0 && checkpoints.is_due()) save();
    try {
      monitor.check_stop();
    } catch (const StopRequested&) {
      if (state.step > 0) save();
      throw;
    }
    const auto began = std::chrono::steady_clock::now();
    const double factor = schedule.factor(state.step);
    const std::vector<model::Batch> batches = {to_model_batch(data.batch(state.step), device)};
    const UpdateResult result = update_step(method, *optimizer, dropout, batches, {factor, 1.0});
    if (!result.is_finite()) {
      throw TrialFailure("nan_loss", fmt::format("step {}: loss {}, gradient norm {}. Lower the "
                                                 "learning rate",
                                                 state.step, result.loss, result.gradient_norm));
    }
    results::TrainHistory& history = state.record.train;
    history.step.push_back(state.step);
    history.loss.push_back(result.loss);
    history.learning_rate.push_back(factor * spec.learning_rate);
    history.gradient_norm.push_back(result.gradient_norm);
    ++state.step;
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    state.record.cost.train_seconds += seconds;
    seconds_per_step = seconds_per_step > 0 ? 0.95 * seconds_per_step + 0.05 * seconds : seconds;
    monitor.report(
        {.stage = "training",
         .step = state.step,
         .total_steps = spec.steps,
         .loss = result.loss,
         .examples_per_second = static_cast<double>(spec.batch_size) / seconds_per_step,
         .remaining_seconds = seconds_per_step * static_cast<double>(spec.steps - state.step)});
  }

  std::vector<model::NamedTensor> weights = method.saved_tensors();
  for (model::NamedTensor& weight : weights) weight.value = weight.value.to(at::kBFloat16);
  write_config(backbone / "config.json", config);
  model::write_safetensors(backbone / "model.safetensors", weights);
  results::TrialRecord record = state.record;
  record.status = "succeeded";
  record.trainable_parameters = model::trained_parameter_count(inputs.options, config);
  record.provenance =
      nlohmann::json{{"library", libtorch_version()}, {"device", device_description(device)}}
          .dump();
  record.cost.device = device_description(device);
  fs::remove(out / "loss.h5");
  results::write_trial_file(out / "loss.h5", record);
  results::remove_checkpoints(folder, record.trial_id);
}

}  // namespace attempt::train
