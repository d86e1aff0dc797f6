#include "runner/schedule/study_writer.h"

#include <filesystem>

#include "results/publish.h"

namespace attempt::schedule {

namespace fs = std::filesystem;

StudyWriter::StudyWriter(results::StudyFolder folder, std::string run_id, IoThread& io)
    : folder_(std::move(folder)), run_id_(std::move(run_id)), io_(io) {
  events_ = std::make_unique<results::EventLog>(folder_, run_id_);
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
      const std::lock_guard lock(mutex_);
      if (problem_.empty()) problem_ = error.what();
    }
  });
}

void StudyWriter::event(const std::string& type, const std::string& trial_id, nlohmann::json data) {
  post([this, type, trial_id, data = std::move(data)]() mutable {
    events_->append(type, trial_id, std::move(data));
  });
}

void StudyWriter::failed_trial(const std::string& trial_id, nlohmann::json content) {
  post([this, trial_id, content = std::move(content)] {
    const std::string text =
        content.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    results::write_file_atomically(folder_.failed(trial_id), text);
  });
}

std::future<void> StudyWriter::spec(const std::string& path, std::string content) {
  return post(
      [path, content = std::move(content)] { results::write_file_atomically(path, content); });
}

void StudyWriter::tick(nlohmann::json state) {
  if (last_tick_.valid() &&
      last_tick_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    return;
  }
  last_tick_ = post([this, state = std::move(state)] {
    has_stop_file_ = fs::exists(folder_.stop_file());
    events_->flush();
    results::write_file_atomically(
        folder_.root() / "run" / (run_id_ + ".state.json"),
        state.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  });
}

void StudyWriter::finish(int exit_code) {
  post([this] {
    std::error_code ignored;
    fs::remove(folder_.stop_file(), ignored);
    events_->flush();
  });
  post([this, exit_code] {
    results::write_file_atomically(folder_.exit_file(run_id_), std::to_string(exit_code) + "\n");
  }).get();
}

std::string StudyWriter::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace attempt::schedule
