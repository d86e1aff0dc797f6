#include "runner/schedule/retry_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace attempt::schedule {

namespace {

using process::OutcomeStatus;

template <std::size_t N>
bool is_among(std::string_view cause, const std::array<std::string_view, N>& causes) {
  return std::find(causes.begin(), causes.end(), cause) != causes.end();
}

constexpr std::array<std::string_view, 5> kFinal = {"nan_loss", "data", "model", "spec", "source"};
constexpr std::array<std::string_view, 3> kOfTheMachine = {"disk", "fenced", "device_lost"};

}  // namespace

Judgement judge(const process::Outcome& outcome, std::int64_t micro_batch) {
  if (outcome.status != OutcomeStatus::kFailed) return {outcome.status, false, 0};
  if (is_among(outcome.cause, kOfTheMachine)) return {OutcomeStatus::kLost, false, 0};
  if (outcome.mates > 0 && outcome.cause == "out_of_memory") {
    return {.status = OutcomeStatus::kLost, .bundle_width = (outcome.mates + 1 + 1) / 2};
  }
  if (outcome.mates > 0) {
    return {.status = OutcomeStatus::kLost, .runs_alone = true};
  }
  if (outcome.cause == "out_of_memory" && micro_batch > 1) {
    return {OutcomeStatus::kLost, false, (micro_batch + 1) / 2};
  }
  return {OutcomeStatus::kFailed, is_among(outcome.cause, kFinal), 0};
}

}  // namespace attempt::schedule
