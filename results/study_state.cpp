#include <algorithm>
#include <fstream>
#include <set>

#include "results/event_log.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

std::string text_of(const Json& data, const char* key) {
  if (!data.is_object()) return "";
  const auto found = data.find(key);
  return found != data.end() && found->is_string() ? found->get<std::string>() : "";
}

std::int64_t integer_of(const Json& data, const char* key, std::int64_t otherwise) {
  if (!data.is_object()) return otherwise;
  const auto found = data.find(key);
  return found != data.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

std::optional<double> number_of(const Json& data, const char* key) {
  if (!data.is_object()) return std::nullopt;
  const auto found = data.find(key);
  return found != data.end() && found->is_number() ? std::optional(found->get<double>())
                                                   : std::nullopt;
}

bool is_set(const Json& data, const char* key) {
  if (!data.is_object()) return false;
  const auto found = data.find(key);
  return found != data.end() && found->is_boolean() && found->get<bool>();
}

class Fold {
 public:
  void add(const Event& event) {
    if (event.type == "run_started") {
      // Whoever ran before is gone: one job works on a study unless it joins another.
      if (!is_set(event.data, "join")) stop_running("");
    } else if (event.type == "run_ended") {
      stop_running(event.run_id);
    } else if (!event.trial_id.empty()) {
      add_to_trial(event, states_[event.trial_id]);
    }
  }

  std::map<std::string, TrialState> take() { return std::move(states_); }

 private:
  void add_to_trial(const Event& event, TrialState& state) {
    if (event.type == "attempt_started") {
      state.status = TrialStatus::kRunning;
      state.started = std::max(state.started + 1, integer_of(event.data, "attempt", 0));
      run_of_[event.trial_id] = event.run_id;
    } else if (event.type == "attempt_ended") {
      end_attempt(event, state);
    } else if (event.type == "trial_published") {
      state.status = TrialStatus::kSucceeded;
      state.digest = text_of(event.data, "digest");
      state.validation = number_of(event.data, "validation");
    } else if (event.type == "trial_failed") {
      state.status = TrialStatus::kFailed;
      set_reason(event, state);
    } else if (event.type == "micro_batch_reduced") {
      state.micro_batch = integer_of(event.data, "micro_batch", 0);
    } else if (event.type == "bundles_narrowed") {
      state.bundle_width = integer_of(event.data, "width", 0);
    } else if (event.type == "trial_retried") {
      state.status = TrialStatus::kWaiting;
      state.attempts = 0;
      state.reason.clear();
    }
  }

  void end_attempt(const Event& event, TrialState& state) {
    const std::string status = text_of(event.data, "status");
    if (status == "failed") {
      ++state.attempts;
      set_reason(event, state);
    }
    if (state.status == TrialStatus::kRunning) state.status = TrialStatus::kWaiting;
  }

  static void set_reason(const Event& event, TrialState& state) {
    for (const char* key : {"message", "reason"}) {
      const std::string text = text_of(event.data, key);
      if (!text.empty()) state.reason = text;
    }
  }

  /// @param run_id  "" for every run
  void stop_running(const std::string& run_id) {
    for (auto& [trial_id, state] : states_) {
      if (state.status == TrialStatus::kRunning &&
          (run_id.empty() || run_of_[trial_id] == run_id)) {
        state.status = TrialStatus::kWaiting;
      }
    }
  }

  std::map<std::string, TrialState> states_;
  std::map<std::string, std::string> run_of_;
};

/// Names without `extension` of the files of a folder; nothing for a folder that is not there.
std::set<std::string> names_in(const fs::path& folder, const std::string& extension) {
  std::set<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    if (path.extension() == extension && path.filename().string()[0] != '.') {
      names.insert(path.stem().string());
    }
  }
  return names;
}

}  // namespace

std::map<std::string, TrialState> fold_study_state(const StudyFolder& folder,
                                                   const EventHistory& history) {
  Fold fold;
  for (const Event& event : history.events) fold.add(event);
  std::map<std::string, TrialState> states = fold.take();

  const std::set<std::string> finished = names_in(folder.trials(), ".h5");
  for (auto& [trial_id, state] : states) {
    // The file of a published trial was lost: it runs again.
    if (state.status == TrialStatus::kSucceeded && !finished.contains(trial_id)) {
      state.status = TrialStatus::kWaiting;
    }
  }
  for (const std::string& trial_id : names_in(folder.failed_folder(), ".json")) {
    TrialState& state = states[trial_id];
    state.status = TrialStatus::kFailed;
    std::ifstream in(folder.failed(trial_id));
    const Json json = Json::parse(in, nullptr, /*allow_exceptions=*/false);
    for (const char* key : {"message", "reason"}) {
      const std::string text = text_of(json, key);
      if (!text.empty()) state.reason = text;
    }
  }
  for (const std::string& trial_id : finished) states[trial_id].status = TrialStatus::kSucceeded;
  return states;
}

}  // namespace attempt::results
