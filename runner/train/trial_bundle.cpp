#include <chrono>
#include <optional>

#include "model/fused.h"
#include "runner/train/bundle_pass.h"
#include "runner/train/trial_failure.h"
#include "runner/train/trial_runner.h"
#include "runner/train/update_step.h"

namespace attempt::train {

namespace {

struct Live {
  const TrialRunner::Member* member = nullptr;
  std::unique_ptr<TrialAttempt> attempt;
  std::optional<PendingUpdate> update = {};  ///< of the step that all are at

  TrialLoop& loop() const { return attempt->loop(); }
};

/// Who shares passes, as one of them sees it: in order, each with its distance from that one's
/// step.
std::string seen_from(const Live& one, const std::vector<Live>& all) {
  std::string text;
  if (all.size() < 2) return text;
  for (const Live& other : all) {
    const std::int64_t ahead = other.loop().state().step - one.loop().state().step;
    text += other.member->spec.trial_id + ":" + std::to_string(ahead) + " ";
  }
  return text;
}

/// Ends the trials for which work() gives a result; the others stay.
/// @return whether one was asked to stop
template <typename Work>
bool each(std::vector<Live>& live, const Work& work) {
  std::vector<Live> staying;
  bool is_stopping = false;
  const auto mates = static_cast<std::int64_t>(live.size()) - 1;
  for (Live& one : live) {
    bool has_ended = false;
    AttemptResult result = result_of([&] {
      const std::optional<std::string> digest = work(one);
      has_ended = digest.has_value();
      return digest.value_or("");
    });
    if (result.status == process::OutcomeStatus::kSucceeded && !has_ended) {
      staying.push_back(std::move(one));
    } else {
      is_stopping = is_stopping || result.status == process::OutcomeStatus::kInterrupted;
      // The device and its memory are those of all: whoever meets the error need not have made it.
      if (result.is_device_lost || result.cause == "out_of_memory") result.mates = mates;
      one.attempt.reset();  // before whoever is told starts something
      one.member->ended(result);
    }
  }
  live = std::move(staying);
  return is_stopping;
}

std::unique_ptr<BundlePass> pass_of(const std::vector<Live>& live) {
  std::vector<BundlePass::Member> members;
  for (const Live& one : live)
    members.push_back({one.loop().parts().method, one.loop().parts().dropout});
  const TrialParts& first = live.front().loop().parts();
  return std::make_unique<BundlePass>(
      first.backbone, std::move(members),
      BundlePass::Shape{first.spec.train.batch_size, first.spec.method_options.prompt_length,
                        first.tasks.front().collate.source_multiple});
}

/// A step of all of them in one pass; each takes its share of the time.
void step_together(std::vector<Live>& live, BundlePass& pass) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<LossTotals> totals;
  AttemptResult shared = result_of([&] {
    std::vector<model::Batch> batches;
    for (const Live& one : live) batches.push_back(one.loop().next_micro_batches().at(0));
    totals = pass.run(batches);
    return std::string();
  });
  if (shared.status != process::OutcomeStatus::kSucceeded) {
    shared.mates = static_cast<std::int64_t>(live.size()) - 1;
    for (Live& one : live) one.attempt.reset();
    for (const Live& one : live) one.member->ended(shared);
    live.clear();
    return;
  }
  const auto width = static_cast<double>(live.size());
  std::size_t next = 0;
  each(live, [&](Live& one) -> std::optional<std::string> {
    const TrialParts& parts = one.loop().parts();
    one.update =
        apply_gradients(parts.method, parts.optimizer, totals[next++], one.loop().update_options());
    return std::nullopt;
  });
  each(live, [](Live& one) -> std::optional<std::string> {
    one.loop().settle();
    return std::nullopt;
  });
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  each(live, [&](Live& one) -> std::optional<std::string> {
    one.loop().end_step(std::move(*one.update), taken.count() / width);
    return std::nullopt;
  });
}

}  // namespace

void TrialRunner::run_together(const std::vector<Member>& members) {
  const bool draws_by_rows = device_.is_cpu() || model::fused::is_built();
  if (members.size() == 1 || !draws_by_rows) {
    for (const Member& member : members)
      member.ended(run(member.spec, member.context, member.monitor));
    return;
  }
  std::vector<Live> live;
  for (const Member& member : members) live.push_back({&member, nullptr});
  each(live, [&](Live& one) -> std::optional<std::string> {
    std::string digest;
    one.attempt = open(one.member->spec, one.member->context, one.member->monitor, digest);
    return one.attempt == nullptr ? std::optional(digest) : std::nullopt;
  });
  std::unique_ptr<BundlePass> pass;
  std::size_t width = 0;
  while (!live.empty()) {
    const bool is_stopping = each(live, [](Live& one) -> std::optional<std::string> {
      if (one.loop().prepare_step()) return std::nullopt;
      one.loop().finish();
      return one.attempt->publish();
    });
    if (is_stopping) {  // whoever was asked before the request came stops at the same step
      each(live, [](Live& one) -> std::optional<std::string> {
        one.loop().check_stop();
        return std::nullopt;
      });
    }
    if (live.size() != width) {
      pass.reset();
      width = live.size();
      for (const Live& one : live)
        one.loop().share_passes(seen_from(one, live), static_cast<std::int64_t>(width));
      if (width > 1) pass = pass_of(live);
    }
    if (pass != nullptr) {
      step_together(live, *pass);
    } else {
      each(live, [](Live& one) -> std::optional<std::string> {
        one.loop().train_one_step();
        return std::nullopt;
      });
    }
  }
}

}  // namespace attempt::train
