#include "results/report/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace attempt::results {

namespace {

/// A share of answers or inputs above which it is worth a word.
constexpr double kNotableShare = 0.05;

/// Largest change of the parameters' norm that counts as "hardly moved".
constexpr double kSmallMove = 0.01;

/// A number of the effective configuration, which has a key a line; nothing where it is not set.
std::optional<double> number_in(const std::string& config, const std::string& key) {
  const std::size_t at = config.find("\n" + key + " = ");
  if (at == std::string::npos) return std::nullopt;
  char* end = nullptr;
  const char* text = config.c_str() + at + key.size() + 4;
  const double value = std::strtod(text, &end);
  return end == text ? std::nullopt : std::optional(value);
}

void look_at_training(const TrialRecord& record, std::vector<std::string>& findings) {
  const std::vector<double>& rates = record.train.learning_rate;
  if (rates.size() > 1 && rates.back() > rates.front() &&
      std::max_element(rates.begin(), rates.end()) == rates.end() - 1) {
    findings.emplace_back("never left warm-up: the learning rate rose until the last step");
  }
  const std::vector<double>& norms = record.train.gradient_norm;
  const std::optional<double> clip = number_in(record.config, "gradient_clip");
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
  const double first = history.parameter_norm.front();
  const double last = history.parameter_norm.back();
  if (first > 0 && std::abs(last / first - 1) < kSmallMove) {
    findings.push_back(fmt::format(
        "parameters hardly moved: their norm changed by {:.2f} % between the first and the last "
        "evaluation",
        100 * std::abs(last / first - 1)));
  }
}

void look_at_answers(const ReportTrial& trial, std::vector<std::string>& findings) {
  const auto counts =
      nlohmann::json::parse(trial.record->counts, nullptr, /*allow_exceptions=*/false);
  for (std::size_t i = 0; i < trial.outcomes.size(); ++i) {
    const TaskOutcome& outcome = trial.outcomes[i];
    const std::string& task = trial.entry.tasks[i];
    if (outcome.is_constant) findings.push_back("one class predicted for all of " + task);
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
