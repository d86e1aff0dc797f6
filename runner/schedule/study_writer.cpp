#include "runner/schedule/study_writer.h"

#include <filesystem>
#include <system_error>

#include "results/abandoned.h"
#include "results/lease.h"
#include "results/publish.h"
#include "results/sealed_text.h"

namespace attempt::schedule {

namespace fs = std::filesystem;

StudyWriter::StudyWriter(results::StudyFolder folder, std::string run_id, IoThread& io,
                         std::optional<std::chrono::milliseconds> join_patience)
    : folder_(std::move(folder)),
      run_id_(std::move(run_id)),
      io_(io),
      holder_(results::this_process(run_id_)) {
  events_ = std::make_unique<results::EventLog>(folder_, run_id_);
  if (!join_patience) return;
  peers_.emplace(folder_, *join_patience);
  std::error_code none;
  old_stop_ = fs::last_write_time(folder_.stop_file(), none);
}

StudyWriter::~StudyWriter() {
  io_.run([] {}).wait();
}

template <typename Work>
std::future<void> StudyWriter::post(Work work) {
  return io_.run([this, work = std::move(work)]() mutable {
    try {
      work();
    } catch (const std::exception& error) {
      keep_problem(error);
    }
  });
}

void StudyWriter::keep_problem(const std::exception& error) {
  const std::lock_guard lock(mutex_);
  if (problem_.empty()) problem_ = error.what();
}

bool StudyWriter::has_new_stop_file() const {
  std::error_code none;
  if (fs::exists(results::stop_file_of(folder_, run_id_), none)) return true;
  const auto written = fs::last_write_time(folder_.stop_file(), none);
  return !none && (!peers_ || written != old_stop_);
}

void StudyWriter::event(const std::string& type, const std::string& trial_id, nlohmann::json data) {
  has_new_events_ = true;
  post([this, type, trial_id, data = std::move(data)]() mutable {
    events_->append(type, trial_id, std::move(data));
  });
}

void StudyWriter::event(const std::string& type, const std::string& trial_id,
                        std::function<nlohmann::json()> data) {
  has_new_events_ = true;
  post([this, type, trial_id, data = std::move(data)] { events_->append(type, trial_id, data()); });
}

void StudyWriter::commit() {
  if (!has_new_events_) return;
  has_new_events_ = false;
  post([this] { events_->flush(); });
}

void StudyWriter::failed_trial(const std::string& trial_id, nlohmann::json content) {
  post([this, trial_id, content = std::move(content)] {
    results::write_file_atomically(folder_.failed(trial_id), results::seal_json(content, 1));
  });
}

void StudyWriter::share(const fs::path& store, const std::vector<std::string>& trial_ids) {
  store_.emplace(store);
  for (const std::string& id : trial_ids) {
    if (fs::exists(folder_.trial(id))) {
      store_->give(folder_, id);
    } else if (const std::string digest = store_->take(folder_, id); !digest.empty()) {
      events_->append("trial_published", id, {{"digest", digest}, {"store", store.string()}});
    }
  }
  events_->flush();
}

void StudyWriter::give(const std::string& trial_id) {
  if (!store_) return;
  io_.run([this, trial_id] { store_->give(folder_, trial_id); });
}

std::future<bool> StudyWriter::assignment(const process::Assignment& assignment,
                                          std::function<std::string()> spec, std::int64_t faults,
                                          std::function<nlohmann::json()> started) {
  has_new_events_ = true;
  return io_.run([this, assignment, faults, spec = std::move(spec), started = std::move(started)] {
    try {
      const results::Lease lease{assignment.run_id, assignment.attempt, faults};
      if (peers_ && !assignment.is_prepare &&
          !results::claim_lease(folder_, assignment.node_id, lease)) {
        return false;
      }
      if (!peers_ && !assignment.is_prepare) {
        results::write_lease(folder_, assignment.node_id, lease);
      }
      results::replace_file(assignment.spec_file, spec());
      events_->append(assignment.is_prepare ? "prepare_started" : "attempt_started",
                      assignment.node_id, started());
    } catch (const std::exception& error) {
      keep_problem(error);
    }
    return true;
  });
}

void StudyWriter::release(const process::Assignment& assignment, std::int64_t faults) {
  if (!peers_ || assignment.is_prepare) return;
  post([this, assignment, faults] {
    results::release_lease(folder_, assignment.node_id,
                           {assignment.run_id, assignment.attempt, faults});
  });
}

void StudyWriter::add_device(const std::string& device) {
  post([this, device] { holder_.devices.push_back(device); });
}

std::future<PeerNews> StudyWriter::look_at_peers() {
  return io_.run([this] { return peers_->look(holder_, results::MemberWatch::Clock::now()); });
}

void StudyWriter::tick(nlohmann::json state) {
  if (last_tick_.valid() &&
      last_tick_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    return;
  }
  last_tick_ = post([this, state = std::move(state)] {
    const bool is_ours =
        peers_ ? results::beat_member(folder_, holder_) : results::beat(folder_, holder_);
    if (!is_ours) {
      has_lost_study_ = true;
      return;
    }
    has_stop_file_ = has_new_stop_file();
    results::replace_file(
        folder_.root() / "run" / (run_id_ + ".state.json"),
        state.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  });
}

void StudyWriter::finish(int exit_code) {
  post([this] {
    std::error_code none;
    fs::remove(results::stop_file_of(folder_, run_id_), none);
    const auto holder = results::read_holder(folder_);
    if (holder && holder->run_id == run_id_) {
      std::error_code ignored;
      fs::remove(folder_.stop_file(), ignored);
      results::remove_abandoned(folder_);
    }
    events_->flush();
  });
  post([this, exit_code] {
    results::write_file_atomically(folder_.exit_file(run_id_), std::to_string(exit_code) + "\n");
    if (peers_) {
      results::leave_members(folder_, run_id_);
    } else {
      results::leave_study(folder_, run_id_);
    }
  }).get();
}

std::string StudyWriter::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace attempt::schedule
