#include "results/report/trial_reader.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "results/report/diagnosis.h"
#include "results/report/trial_message.h"
#include "results/store_error.h"
#include "results/trial_file.h"
#include "results/verify.h"

namespace attempt::results {

namespace {

/// Trials worth a process, and the most processes: a report should not fill a login node.
constexpr std::size_t kTrialsPerProcess = 100;
constexpr std::size_t kMostProcesses = 8;

/// "distinct_predictions" stands in files whose predictions were not kept, too.
std::optional<bool> is_constant(const TestResult& test) {
  if (!test.predictions.empty()) {
    return std::all_of(test.predictions.begin(), test.predictions.end(),
                       [&](const auto& each) { return each == test.predictions.front(); });
  }
  const auto distinct = test.metrics.find("distinct_predictions");
  if (distinct == test.metrics.end()) return std::nullopt;
  return distinct->second == 1;
}

TaskOutcome outcome_of(const TestResult& test, const std::string& metric,
                       const AnswerScore& answer_f1) {
  TaskOutcome outcome;
  const auto score = test.metrics.find(metric);
  if (score == test.metrics.end()) return outcome;
  outcome.score = score->second;
  outcome.examples = static_cast<std::int64_t>(test.targets.size());
  outcome.is_constant = is_constant(test);
  const std::vector<std::string>& predictions = test.predictions;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::string& target = test.targets[i];
    outcome.cut_answers += !predictions[i].empty() && predictions[i].size() < target.size() &&
                           target.starts_with(predictions[i]);
  }
  outcome.example_scores =
      example_scores(metric, predictions, test.targets, *outcome.score, answer_f1);
  return outcome;
}

std::vector<float> mean_row(const NamedArray& prompt) {
  if (prompt.shape.size() != 2 || prompt.values.empty()) return {};
  const auto width = static_cast<std::size_t>(prompt.shape[1]);
  std::vector<double> sum(width, 0.0);
  for (std::size_t i = 0; i < prompt.values.size(); ++i) sum[i % width] += prompt.values[i];
  const double rows = static_cast<double>(prompt.shape[0]);
  std::vector<float> mean;
  for (const double each : sum) mean.push_back(static_cast<float>(each / rows));
  return mean;
}

/// Every k-th row and the last one, kCurvePoints at most.
template <typename T>
std::vector<T> thinned(const std::vector<T>& values) {
  if (values.size() <= kCurvePoints) return values;
  std::vector<T> kept;
  const std::size_t stride = (values.size() + kCurvePoints - 2) / (kCurvePoints - 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % stride == 0 || i + 1 == values.size()) kept.push_back(values[i]);
  }
  return kept;
}

/// Leaves out what a report does not show: thousands of records stay in memory.
void drop_details(TrialRecord& record) {
  record.train = {.step = thinned(record.train.step),
                  .loss = thinned(record.train.loss),
                  .learning_rate = {},
                  .gradient_norm = {},
                  .task_loss = {}};
  for (auto& [task, test] : record.test) {
    test.predictions = {};
    test.targets = {};
  }
  record.parameters = {};
}

void read_trial(const StudyFolder& folder, const AnswerScore& answer_f1, FingerprintCache& cache,
                ReportTrial& trial) {
  const StudyEntry& entry = trial.entry;
  const VerifiedTrial verified = verify_trial(folder, entry.trial_id, &cache);
  if (verified.soundness != TrialSoundness::kSound) {
    trial.problem = verified.problem;
    return;
  }
  try {
    TrialRecord record =
        read_verified_results(folder.trial(entry.trial_id), trial.is_plain_prompt());
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
    if (!record.parameters.empty()) trial.prompt_mean = mean_row(record.parameters.front());
    trial.record = std::move(record);
    trial.findings = diagnose(trial);
    drop_details(*trial.record);
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

bool write_message(int descriptor, const std::string& bytes) {
  const std::size_t size = bytes.size();
  return write_all(descriptor, reinterpret_cast<const char*>(&size), sizeof size) &&
         write_all(descriptor, bytes.data(), size);
}

/// @return false at the end of the pipe.
bool read_message(int descriptor, std::string& bytes) {
  std::size_t size = 0;
  if (descriptor < 0 || !read_all(descriptor, reinterpret_cast<char*>(&size), sizeof size)) {
    return false;
  }
  bytes.resize(size);
  return read_all(descriptor, bytes.data(), size);
}

/// Every `stride`-th trial from `first` on, in a process of its own.
struct Helper {
  pid_t process = -1;
  int pipe = -1;  ///< a message a trial comes out here, in order, then the digests it learnt
};

Helper start_helper(std::size_t first, std::size_t stride, const StudyFolder& folder,
                    const std::vector<ReportTrial*>& trials, const AnswerScore& answer_f1,
                    FingerprintCache& cache) {
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
    bool is_heard = true;
    for (std::size_t i = first; i < trials.size() && is_heard; i += stride) {
      read_trial(folder, answer_f1, cache, *trials[i]);
      is_heard = write_message(ends[1], encode_trial(*trials[i]));
    }
    if (is_heard) write_message(ends[1], cache.learnt());
    code = 0;
  } catch (...) {
    // The reader sees the end of the pipe and reads the rest itself.
  }
  ::_exit(code);  // this is a copy of the program: nothing of it may run on
}

}  // namespace

void read_trials(const StudyFolder& folder, const std::vector<ReportTrial*>& trials,
                 const AnswerScore& answer_f1, FingerprintCache& cache) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t count = std::min({cores, kMostProcesses, trials.size() / kTrialsPerProcess});
  if (count < 2) {
    for (ReportTrial* trial : trials) read_trial(folder, answer_f1, cache, *trial);
    return;
  }
  std::vector<Helper> helpers;
  for (std::size_t i = 0; i < count; ++i) {
    helpers.push_back(start_helper(i, count, folder, trials, answer_f1, cache));
  }
  std::string message;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (read_message(helpers[i % count].pipe, message)) {
      decode_trial(message, *trials[i]);
    } else {
      read_trial(folder, answer_f1, cache, *trials[i]);
    }
  }
  for (const Helper& helper : helpers) {
    if (read_message(helper.pipe, message)) cache.learn(message);
    if (helper.pipe >= 0) ::close(helper.pipe);
    if (helper.process > 0) ::waitpid(helper.process, nullptr, 0);
  }
}

}  // namespace attempt::results
