#include <algorithm>

#include "runner/schedule/manager.h"

namespace attempt::schedule {

using process::OutcomeStatus;

bool Manager::assign_work() {
  bool has_news = false;
  std::int64_t busy = 0;  // those that are filled now will not ask soon
  for (const Rank& rank : ranks_) busy += rank.is_lost ? 0 : rank.used_slots;
  for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
    while (ranks_[rank].has_greeted && !ranks_[rank].is_lost &&
           ranks_[rank].used_slots < ranks_[rank].slots) {
      std::int64_t width = bundle_width(busy);
      const auto started = queue_.start_next();
      if (!started) return has_news;
      const auto fitting = fitting_widths_.find(queue_.bundle_key(started->id));
      if (fitting != fitting_widths_.end()) width = std::min(width, fitting->second);
      std::vector<Started> together = {*started};
      if (width > 1 && may_share(started->id)) {
        const auto mates = queue_.start_mates(started->id, width - 1,
                                              [this](const auto& id) { return may_share(id); });
        together.insert(together.end(), mates.begin(), mates.end());
      }
      start_on(static_cast<int>(rank), together);
      has_news = true;
    }
  }
  return has_news;
}

std::int64_t Manager::bundle_width(std::int64_t busy) const {
  const std::int64_t most = run_.plan->bundle_width;
  if (most == 1) return 1;
  std::int64_t free = 0;
  for (const Rank& other : ranks_) {
    if (other.is_lost) continue;
    free += other.has_greeted ? other.slots - other.used_slots : 1;
  }
  // One for each busy slot is left over; the rest is shared out evenly.
  const std::int64_t share = (queue_.ready() - busy + free - 1) / std::max<std::int64_t>(1, free);
  return std::clamp<std::int64_t>(share, 1, most);
}

bool Manager::may_share(const std::string& node_id) const {
  return !alone_.contains(node_id) && !micro_batches_.contains(node_id);
}

void Manager::start_on(int rank, const std::vector<Started>& together) {
  ++ranks_[static_cast<std::size_t>(rank)].used_slots;
  const auto width = static_cast<std::int64_t>(together.size());
  const std::string bundle = together.front().id + "." + std::to_string(together.front().attempt);
  Pending& pending = pending_.emplace_back();
  for (const Started& started : together) {
    process::Assignment assignment;
    assignment.node_id = started.id;
    assignment.is_prepare = started.is_prepare;
    assignment.attempt = started.attempt;
    assignment.run_id = run_.run_id;
    assignment.study = std::filesystem::absolute(run_.folder.root()).string();
    assignment.spec_file =
        (std::filesystem::absolute(run_.folder.specs()) / (started.id + ".json")).string();
    running_[started.id] = {
        rank,         assignment, {.node_id = started.id, .attempt = started.attempt},
        Clock::now(), bundle,     width};
    const auto reduced = micro_batches_.find(started.id);
    const std::int64_t rows = reduced == micro_batches_.end() ? 0 : reduced->second;
    pending.push_back(
        {writer_.assignment(
             assignment, [specs = specs_, id = started.id, rows] { return specs->text(id, rows); },
             queue_.attempts(started.id),
             [attempt = started.attempt, rank, width,
              host = ranks_[static_cast<std::size_t>(rank)].host]() -> nlohmann::json {
               nlohmann::json data = {{"attempt", attempt}, {"rank", rank}, {"host", host}};
               if (width > 1) data["bundle_width"] = width;
               return data;
             }),
         started.id, started.attempt});
  }
}

std::vector<Manager::Running> Manager::take_written(Pending& pending) {
  std::vector<Running> starting;
  for (Writing& writing : pending) {
    const bool is_ours = writing.written.get();
    const auto found = running_.find(writing.node_id);
    // Its rank may have been lost meanwhile, and the node be on its way to another.
    if (found == running_.end() || found->second.assignment.attempt != writing.attempt) continue;
    if (is_ours) {
      starting.push_back(found->second);
    } else {
      give_up(Running(found->second));
    }
  }
  return starting;
}

bool Manager::send_written() {
  const auto is_written = [](const Writing& writing) {
    return writing.written.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  bool has_news = false;
  while (!pending_.empty() &&
         std::all_of(pending_.front().begin(), pending_.front().end(), is_written)) {
    Pending pending = std::move(pending_.front());
    pending_.pop_front();
    has_news = true;
    const std::vector<Running> starting = take_written(pending);
    if (starting.empty()) continue;
    if (queue_.is_stopped()) {
      for (const Running& one : starting) {
        take_outcome(one.rank, process::outcome_of(one.assignment, OutcomeStatus::kInterrupted,
                                                   "stopped before it began", "stopped"));
      }
      continue;
    }
    process::Assignment assignment = starting.front().assignment;
    for (std::size_t i = 1; i < starting.size(); ++i) {
      assignment.mates.push_back(starting[i].assignment);
    }
    tell(starting.front().rank, assignment);
    if (run_.observer == nullptr) continue;
    for (const Running& one : starting) {
      process::Assignment told = one.assignment;
      told.mates.resize(starting.size() - 1);
      run_.observer->trial_started(told, one.rank);
    }
  }
  return has_news;
}

void Manager::leave_slot(const Running& ended) {
  const bool is_shared = std::any_of(running_.begin(), running_.end(), [&](const auto& entry) {
    return entry.second.bundle == ended.bundle;
  });
  if (!is_shared) --ranks_[static_cast<std::size_t>(ended.rank)].used_slots;
}

}  // namespace attempt::schedule
