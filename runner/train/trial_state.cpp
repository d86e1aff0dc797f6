#include "runner/train/trial_state.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/GradMode.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "runner/build_info.h"
#include "runner/train/named_arrays.h"
#include "runner/train/provenance.h"

namespace attempt::train {

namespace {

constexpr int kStateVersion = 1;
constexpr const char* kDropoutStream = "dropout";

std::vector<std::uint8_t> to_bytes(const at::Tensor& state) {
  const at::Tensor plain = state.to(at::kCPU).contiguous();
  const auto* first = static_cast<const std::uint8_t*>(plain.const_data_ptr());
  return {first, first + plain.nbytes()};
}

at::Tensor to_byte_tensor(const std::vector<std::uint8_t>& bytes) {
  const at::Tensor tensor = at::empty({static_cast<std::int64_t>(bytes.size())}, at::kByte);
  std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

}  // namespace

std::string run_conditions(const at::Device& device, std::int64_t micro_batch) {
  return nlohmann::json{{"program", std::string(kProgramVersion) + " " + kCommit},
                        {"library", libtorch_version()},
                        {"device", device_description(device)},
                        {"instruction_set", at::get_cpu_capability()},
                        {"threads", at::get_num_threads()},
                        {"micro_batch", micro_batch}}
      .dump();
}

results::Checkpoint make_checkpoint(const TrialState& state, const CheckpointedObjects& objects,
                                    const std::string& conditions) {
  results::Checkpoint checkpoint;
  checkpoint.trial_id = state.record.trial_id;
  checkpoint.step = state.step;
  checkpoint.parameters = to_arrays(objects.method.parameters());
  checkpoint.best_parameters = state.best_parameters;
  checkpoint.optimizer = to_arrays(objects.optimizer.state());
  if (objects.dropout.has_stream()) {
    checkpoint.generators[kDropoutStream] = to_bytes(objects.dropout.state());
  }
  checkpoint.record = state.record;
  checkpoint.state =
      nlohmann::json{{"version", kStateVersion},
                     {"last_evaluation", state.last_evaluation},
                     {"best_step", state.best_step},
                     {"best_selection", state.best_selection},
                     {"best_loss", state.best_loss},
                     {"evaluations_without_improvement", state.evaluations_without_improvement},
                     {"examples", state.examples},
                     {"bundle", state.bundle},
                     {"optimizer_steps", objects.optimizer.step_count()},
                     {"exact", state.record.exact},
                     {"conditions", nlohmann::json::parse(conditions)}}
          .dump();
  return checkpoint;
}

TrialState restore_checkpoint(results::Checkpoint checkpoint, const CheckpointedObjects& objects,
                              const std::string& conditions) {
  const nlohmann::json json = nlohmann::json::parse(checkpoint.state);
  if (json.at("version").get<int>() != kStateVersion) {
    throw std::invalid_argument("the checkpoint is of another version of the program");
  }
  TrialState state;
  state.step = checkpoint.step;
  json.at("last_evaluation").get_to(state.last_evaluation);
  json.at("best_step").get_to(state.best_step);
  json.at("best_selection").get_to(state.best_selection);
  json.at("best_loss").get_to(state.best_loss);
  json.at("evaluations_without_improvement").get_to(state.evaluations_without_improvement);
  json.at("examples").get_to(state.examples);
  state.bundle = json.value("bundle", "");
  state.best_parameters = std::move(checkpoint.best_parameters);
  state.record = std::move(checkpoint.record);
  state.record.exact =
      json.at("exact").get<bool>() && json.at("conditions") == nlohmann::json::parse(conditions);

  objects.optimizer.restore(json.at("optimizer_steps").get<std::int64_t>(),
                            to_tensors(checkpoint.optimizer));
  if (objects.dropout.has_stream()) {
    objects.dropout.set_state(to_byte_tensor(checkpoint.generators.at(kDropoutStream)));
  }
  model::restore_parameters(objects.method, to_tensors(checkpoint.parameters));
  return state;
}

}  // namespace attempt::train
