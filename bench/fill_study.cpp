// fill_study DIR < IDS: publishes a trial file of usual size for every id on standard input, as if
// the study had run. For restart.py.
#include <iostream>
#include <string>

#include "results/event_log.h"
#include "results/publish.h"

namespace {

using namespace attempt::results;

constexpr std::int64_t kRows = 20;
constexpr std::int64_t kWidth = 64;
constexpr double kValidation = 50;

TrialRecord record_of(const std::string& trial_id) {
  TrialRecord record;
  record.trial_id = trial_id;
  record.phase = "target";
  record.method = "prompt_tuning";
  record.tasks = {"rte"};
  record.status = "succeeded";
  record.config = std::string(4000, '#');
  record.provenance = "{}";
  record.compat = record.sources = record.counts = "{}";
  record.synthetic = true;
  for (std::int64_t step = 0; step < 200; ++step) {
    record.train.step.push_back(step);
    record.train.loss.push_back(1);
    record.train.learning_rate.push_back(0.3);
    record.train.gradient_norm.push_back(1);
  }
  record.evaluations.step = {200};
  record.evaluations.selection = {kValidation};
  record.evaluations.parameter_norm = {1};
  TestResult& test = record.test["rte"];
  test.metrics["accuracy"] = 50;
  for (int row = 0; row < 300; ++row) {
    test.predictions.emplace_back("entailment");
    test.targets.emplace_back("not_entailment");
    test.ids.push_back(std::to_string(row));
  }
  record.parameters = {{"prompt", {kRows, kWidth}, std::vector<float>(kRows * kWidth, 0.5F)}};
  return record;
}

}  // namespace

int main(int, char** argv) {
  const StudyFolder folder(argv[1]);
  folder.create();
  EventLog log(folder, "fill");
  for (std::string id; std::getline(std::cin, id);) {
    const Published published = publish_trial(folder, record_of(id), "fill", 1);
    log.append("trial_published", id, {{"digest", published.digest}, {"validation", kValidation}});
  }
}
