#include "results/report/trial_reader.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "results/report/trial_message.h"
#include "results/store_error.h"
#include "results/trial_file.h"

namespace attempt::results {

namespace {

/// Trials worth a process, and the most processes: a report should not fill a login node.
constexpr std::size_t kTrialsPerProcess = 100;
constexpr std::size_t kMostProcesses = 8;

TaskOutcome outcome_of(const TestResult& test, const std::string& metric,
                       const AnswerScore& answer_f1) {
  TaskOutcome outcome;
  const auto score = test.metrics.find(metric);
  if (score == test.metrics.end()) return outcome;
  outcome.score = score->second;
  outcome.examples = static_cast<std::int64_t>(test.targets.size());
  const std::vector<std::string>& predictions = test.predictions;
  if (predictions.empty()) {
    const auto constant = test.metrics.find("constant_score");
    outcome.is_constant = constant != test.metrics.end() && constant->second == *outcome.score;
    return outcome;
  }
  outcome.is_constant = std::all_of(predictions.begin(), predictions.end(),
                                    [&](const auto& each) { return each == predictions.front(); });
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::string& target = test.targets[i];
    outcome.cut_answers += !predictions[i].empty() && predictions[i].size() < target.size() &&
                           target.starts_with(predictions[i]);
  }
  outcome.example_scores =
      example_scores(metric, predictions, test.targets, *outcome.score, answer_f1);
  return outcome;
}

void read_trial(const StudyFolder& folder, const AnswerScore& answer_f1, ReportTrial& trial) {
  const StudyEntry& entry = trial.entry;
  try {
    TrialRecord record = read_verified_results(folder.trial(entry.trial_id));
    if (record.trial_id != entry.trial_id) {
      throw StoreError(folder.trial(entry.trial_id).string(),
                       "is of trial '" + record.trial_id +
                           "', whose id is not its name. Remove it and run the study again.");
    }
    for (std::size_t i = 0; i < entry.tasks.size(); ++i) {
      const auto test = record.test.find(entry.tasks[i]);
      trial.outcomes.push_back(test == record.test.end()
                                   ? TaskOutcome()
                                   : outcome_of(test->second, entry.metrics.at(i), answer_f1));
    }
    for (auto& [task, test] : record.test) {
      test.predictions = {};
      test.targets = {};
    }
    trial.record = std::move(record);
  } catch (const StoreError& error) {
    trial.problem = error.what();
  }
}

bool write_all(int descriptor, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(descriptor, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

bool read_all(int descriptor, char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t got = ::read(descriptor, bytes, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

/// Every `stride`-th trial from `first` on, in a process of its own.
struct Helper {
  pid_t process = -1;
  int pipe = -1;  ///< messages come out here, in order
};

Helper start_helper(std::size_t first, std::size_t stride, const StudyFolder& folder,
                    const std::vector<ReportTrial*>& trials, const AnswerScore& answer_f1) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const pid_t process = ::fork();
  if (process != 0) {
    ::close(ends[1]);
    if (process > 0) return {process, ends[0]};
    ::close(ends[0]);
    return {};
  }
  ::close(ends[0]);
  int code = 1;
  try {
    for (std::size_t i = first; i < trials.size(); i += stride) {
      read_trial(folder, answer_f1, *trials[i]);
      const std::string bytes = encode_trial(*trials[i]);
      const std::size_t size = bytes.size();
      if (!write_all(ends[1], reinterpret_cast<const char*>(&size), sizeof size) ||
          !write_all(ends[1], bytes.data(), size)) {
        break;
      }
    }
    code = 0;
  } catch (...) {
    // The reader sees the end of the pipe and reads the rest itself.
  }
  ::_exit(code);  // this is a copy of the program: nothing of it may run on
}

/// @return false where the helper ended early.
bool take(const Helper& helper, ReportTrial& trial) {
  std::size_t size = 0;
  if (helper.pipe < 0 || !read_all(helper.pipe, reinterpret_cast<char*>(&size), sizeof size)) {
    return false;
  }
  std::string bytes(size, '\0');
  if (!read_all(helper.pipe, bytes.data(), size)) return false;
  decode_trial(bytes, trial);
  return true;
}

}  // namespace

void read_trials(const StudyFolder& folder, const std::vector<ReportTrial*>& trials,
                 const AnswerScore& answer_f1) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t count = std::min({cores, kMostProcesses, trials.size() / kTrialsPerProcess});
  if (count < 2) {
    for (ReportTrial* trial : trials) read_trial(folder, answer_f1, *trial);
    return;
  }
  std::vector<Helper> helpers;
  for (std::size_t i = 0; i < count; ++i) {
    helpers.push_back(start_helper(i, count, folder, trials, answer_f1));
  }
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (!take(helpers[i % count], *trials[i])) read_trial(folder, answer_f1, *trials[i]);
  }
  for (const Helper& helper : helpers) {
    if (helper.pipe >= 0) ::close(helper.pipe);
    if (helper.process > 0) ::waitpid(helper.process, nullptr, 0);
  }
}

}  // namespace attempt::results
