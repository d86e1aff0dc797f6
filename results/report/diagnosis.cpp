#include "results/report/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "results/config_text.h"

namespace attempt::results {

namespace {

/// A share of answers or inputs above which it is worth a word.
constexpr double kNotableShare = 0.05;

/// Largest change of the parameters' norm that counts as "hardly moved".
constexpr double kSmallMove = 0.01;
/// Largest fall of the training loss that goes with it.
constexpr double kSmallFall = 0.05;

/// How far the mean loss of the last tenth of the steps lies below that of the first tenth, as a
/// share of the latter.
double loss_fall(const TrainHistory& train) {
  const std::size_t tenth = std::max<std::size_t>(1, train.loss.size() / 10);
  if (train.loss.size() < 2) return 0;
  const auto mean = [tenth](auto from) {
    return std::accumulate(from, from + static_cast<std::ptrdiff_t>(tenth), 0.0) /
           static_cast<double>(tenth);
  };
  const double first = mean(train.loss.begin());
  return first > 0 ? 1 - mean(train.loss.end() - static_cast<std::ptrdiff_t>(tenth)) / first : 0;
}

void look_at_training(const TrialRecord& record, std::vector<std::string>& findings) {
  const std::vector<double>& rates = record.train.learning_rate;
  if (rates.size() > 1 && rates.back() > rates.front() &&
      std::max_element(rates.begin(), rates.end()) == rates.end() - 1) {
    findings.emplace_back("never left warm-up: the learning rate rose until the last step");
  }
  const std::vector<double>& norms = record.train.gradient_norm;
  const std::optional<double> clip = number_in(record.config, "train", "gradient_clip");
  if (clip && *clip > 0 && !norms.empty() &&
      std::all_of(norms.begin(), norms.end(), [&](double norm) { return norm > *clip; })) {
    findings.push_back(fmt::format("gradient clipped at every step (norm above {})", *clip));
  }
}

void look_at_evaluations(const TrialRecord& record, std::vector<std::string>& findings) {
  const EvaluationHistory& history = record.evaluations;
  if (history.step.size() < 2) return;
  if (record.selected_step == history.step.front()) {
    findings.push_back(fmt::format("best at the first evaluation (step {} of {})",
                                   record.selected_step, history.step.back()));
  }
  // A norm can stay while much is learned (large weights): the loss must have stayed, too.
  const double first = history.parameter_norm.front();
  const double last = history.parameter_norm.back();
  const double fall = loss_fall(record.train);
  if (first > 0 && std::abs(last / first - 1) < kSmallMove && fall < kSmallFall) {
    findings.push_back(fmt::format(
        "parameters hardly moved: their norm changed by {:.2f} % between the first and the last "
        "evaluation, and the training loss fell by {:.0f} %",
        100 * std::abs(last / first - 1), 100 * std::max(0.0, fall)));
  }
}

void look_at_answers(const ReportTrial& trial, std::vector<std::string>& findings) {
  const auto counts =
      nlohmann::json::parse(trial.record->counts, nullptr, /*allow_exceptions=*/false);
  for (std::size_t i = 0; i < trial.outcomes.size(); ++i) {
    const TaskOutcome& outcome = trial.outcomes[i];
    const std::string& task = trial.entry.tasks[i];
    if (outcome.is_constant.value_or(false))
      findings.push_back("one class predicted for all of " + task);
    if (outcome.examples == 0) continue;
    const auto examples = static_cast<double>(outcome.examples);
    if (static_cast<double>(outcome.cut_answers) > kNotableShare * examples) {
      findings.push_back(
          fmt::format("answers truncated: {} of {} on {} are the beginning of the right one",
                      outcome.cut_answers, outcome.examples, task));
    }
    const auto test = trial.record->test.at(task).metrics;
    if (const auto found = test.find("unparsable");
        found != test.end() && found->second > kNotableShare * examples) {
      findings.push_back(fmt::format("{:.0f} of {} answers on {} are outside the label set",
                                     found->second, outcome.examples, task));
    }
    const auto cut = nlohmann::json::json_pointer("/" + task + "/truncated_sources/test");
    if (counts.is_object() && counts.contains(cut) && counts[cut].is_number() &&
        counts[cut].get<double>() > kNotableShare * examples) {
      findings.push_back(fmt::format("inputs truncated: {} of {} on {}",
                                     counts[cut].get<std::int64_t>(), outcome.examples, task));
    }
  }
}

}  // namespace

std::vector<std::string> diagnose(const ReportTrial& trial) {
  std::vector<std::string> findings;
  if (!trial.record || trial.record->method == "frozen") return findings;
  look_at_answers(trial, findings);
  look_at_training(*trial.record, findings);
  look_at_evaluations(*trial.record, findings);
  return findings;
}

}  // namespace attempt::results
