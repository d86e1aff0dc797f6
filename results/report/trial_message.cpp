#include "results/report/trial_message.h"

#include <nlohmann/json.hpp>

namespace attempt::results {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TrainHistory, step, loss, learning_rate, gradient_norm,
                                   task_loss)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EvaluationHistory, step, metrics, parameter_norm,
                                   attention_entropy, selection)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AttentionSummary, names, shape, mean, std, temperature)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Cost, train_seconds, evaluation_seconds, peak_memory_bytes,
                                   examples_per_second, tokens, device, attempts, micro_batch,
                                   bundle_width)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(TestResult, metrics, predictions, targets, ids)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ExampleScores, form, examples, columns, values)

namespace {

// Parameters are not among what a report reads.
nlohmann::json record_json(const TrialRecord& record) {
  return {{"trial_id", record.trial_id},
          {"phase", record.phase},
          {"method", record.method},
          {"variant", record.variant},
          {"tasks", record.tasks},
          {"seed", record.seed},
          {"status", record.status},
          {"config", record.config},
          {"provenance", record.provenance},
          {"trainable_parameters", record.trainable_parameters},
          {"depends_on", record.depends_on},
          {"selected_step", record.selected_step},
          {"comparable", record.comparable},
          {"synthetic", record.synthetic},
          {"exact", record.exact},
          {"compat", record.compat},
          {"sources", record.sources},
          {"counts", record.counts},
          {"train", record.train},
          {"evaluations", record.evaluations},
          {"test", record.test},
          {"attention", record.attention},
          {"cost", record.cost}};
}

TrialRecord record_of(const nlohmann::json& json) {
  return {.trial_id = json.at("trial_id"),
          .phase = json.at("phase"),
          .method = json.at("method"),
          .variant = json.at("variant"),
          .tasks = json.at("tasks"),
          .seed = json.at("seed"),
          .status = json.at("status"),
          .config = json.at("config"),
          .provenance = json.at("provenance"),
          .trainable_parameters = json.at("trainable_parameters"),
          .depends_on = json.at("depends_on"),
          .selected_step = json.at("selected_step"),
          .comparable = json.at("comparable"),
          .synthetic = json.at("synthetic"),
          .exact = json.at("exact"),
          .compat = json.at("compat"),
          .sources = json.at("sources"),
          .counts = json.at("counts"),
          .train = json.at("train"),
          .evaluations = json.at("evaluations"),
          .test = json.at("test"),
          .parameters = {},
          .attention = json.at("attention"),
          .cost = json.at("cost")};
}

nlohmann::json outcome_json(const TaskOutcome& outcome) {
  nlohmann::json json = {{"examples", outcome.examples},
                         {"is_constant", outcome.is_constant},
                         {"cut_answers", outcome.cut_answers}};
  if (outcome.score) json["score"] = *outcome.score;
  if (outcome.example_scores) json["example_scores"] = *outcome.example_scores;
  return json;
}

TaskOutcome outcome_of(const nlohmann::json& json) {
  TaskOutcome outcome;
  outcome.examples = json.at("examples");
  outcome.is_constant = json.at("is_constant");
  outcome.cut_answers = json.at("cut_answers");
  if (json.contains("score")) outcome.score = json.at("score").get<double>();
  if (json.contains("example_scores")) {
    outcome.example_scores = json.at("example_scores").get<ExampleScores>();
  }
  return outcome;
}

}  // namespace

std::string encode_trial(const ReportTrial& trial) {
  nlohmann::json json = {{"problem", trial.problem}, {"outcomes", nlohmann::json::array()}};
  if (trial.record) json["record"] = record_json(*trial.record);
  for (const TaskOutcome& outcome : trial.outcomes)
    json["outcomes"].push_back(outcome_json(outcome));
  std::string bytes;
  nlohmann::json::to_cbor(json, bytes);
  return bytes;
}

void decode_trial(const std::string& bytes, ReportTrial& trial) {
  const nlohmann::json json = nlohmann::json::from_cbor(bytes);
  trial.problem = json.at("problem");
  if (json.contains("record")) trial.record = record_of(json.at("record"));
  for (const nlohmann::json& outcome : json.at("outcomes")) {
    trial.outcomes.push_back(outcome_of(outcome));
  }
}

}  // namespace attempt::results
