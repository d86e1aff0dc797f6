#include "results/results_file.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "results/hdf5_reader.h"
#include "results/publish.h"
#include "results/sealed_file.h"
#include "results/store_error.h"
#include "results/study_files.h"
#include "results/trial_file.h"
#include "results/trial_record_io.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kResultsFormatVersion = 1;

/// One row a trial, task and metric.
struct ScoreTable {
  std::vector<std::int64_t> trial;  ///< place in trial_ids
  std::vector<std::string> task;
  std::vector<std::string> metric;
  std::vector<double> value;

  void add(std::int64_t place, const TrialScores& scores) {
    for (const auto& [name, metrics] : scores.test) {
      for (const auto& [one, reached] : metrics) {
        trial.push_back(place);
        task.push_back(name);
        metric.push_back(one);
        value.push_back(reached);
      }
    }
  }
};

TrialScores scores_of(const TrialRecord& record) {
  TrialScores scores{.synthetic = record.synthetic, .test = {}};
  for (const auto& [task, test] : record.test) scores.test[task] = test.metrics;
  return scores;
}

Scores write_content(const fs::path& path, const std::vector<SoundTrial>& trials) {
  Scores scores;
  write_hdf5_file(path, kSealBytes, [&](Hdf5Writer& root) {
    root.attribute("format", std::string("attempt-results"));
    root.attribute("format_version", kResultsFormatVersion);
    std::vector<std::string> ids;
    std::vector<std::string> digests;
    for (const SoundTrial& trial : trials) {
      ids.push_back(trial.trial_id);
      digests.push_back(trial.digest);
    }
    root.texts("trial_ids", ids);
    root.texts("digests", digests);
    std::vector<std::int64_t> synthetic;
    ScoreTable table;
    Hdf5Writer groups = root.make_group("trials");
    for (const SoundTrial& trial : trials) {
      TrialRecord record = read_trial_file(trial.file);
      record.parameters.clear();
      Hdf5Writer group = groups.make_group(trial.trial_id);
      write_record(group, record);
      table.add(std::ssize(synthetic), scores[trial.trial_id] = scores_of(record));
      synthetic.push_back(record.synthetic ? 1 : 0);
    }
    root.array("synthetic", synthetic);
    Hdf5Writer group = root.make_group("scores");
    group.array("trial", table.trial);
    group.texts("task", table.task);
    group.texts("metric", table.metric);
    group.array("value", table.value);
  });
  return scores;
}

Scores read_scores(const Hdf5Reader& root, const std::vector<std::string>& ids) {
  Scores scores;
  const std::vector<std::int64_t> synthetic = root.integers("synthetic");
  if (synthetic.size() != ids.size()) root.fail("synthetic", "has not one entry a trial");
  for (std::size_t i = 0; i < ids.size(); ++i) scores[ids[i]].synthetic = synthetic[i] != 0;
  const Hdf5Reader group = root.group("scores");
  const ScoreTable table = {group.integers("trial"), group.texts("task"), group.texts("metric"),
                            group.numbers("value")};
  for (std::size_t i = 0; i < table.trial.size(); ++i) {
    const std::int64_t place = table.trial[i];
    if (place < 0 || place >= std::ssize(ids) || i >= table.task.size() ||
        i >= table.metric.size() || i >= table.value.size()) {
      root.fail("scores", "is not one table over the trials");
    }
    scores[ids[static_cast<std::size_t>(place)]].test[table.task[i]][table.metric[i]] =
        table.value[i];
  }
  return scores;
}

/// @return the scores of the file that is there, if it was made from just these trials.
std::optional<Scores> read_if_made_from(const fs::path& path,
                                        const std::vector<SoundTrial>& trials) {
  try {
    if (!fs::exists(path) || check_seal(path) != Seal::kSound) return std::nullopt;
    return guarded_read(path, [&]() -> std::optional<Scores> {
      const Hdf5Reader root(path);
      const std::vector<std::string> ids = root.texts("trial_ids");
      const std::vector<std::string> digests = root.texts("digests");
      const bool is_made_from =
          std::equal(trials.begin(), trials.end(), ids.begin(), ids.end(),
                     [](const auto& trial, const auto& id) { return trial.trial_id == id; }) &&
          std::equal(trials.begin(), trials.end(), digests.begin(), digests.end(),
                     [](const auto& trial, const auto& digest) { return trial.digest == digest; });
      if (!is_made_from || !root.has("scores")) return std::nullopt;  // of an older version
      return read_scores(root, ids);
    });
  } catch (const StoreError&) {
    return std::nullopt;
  }
}

}  // namespace

Scores write_results_file(const StudyFolder& folder, const std::vector<std::string>& trial_ids) {
  const std::vector<SoundTrial> trials = sound_trials(folder, trial_ids);
  if (auto scores = read_if_made_from(folder.results_file(), trials)) return *std::move(scores);
  Scores scores;
  const fs::path temporary = folder.tmp() / ("results." + make_run_id());
  std::error_code error;
  try {
    scores = write_content(temporary, trials);
    write_seal(temporary);
    sync_file(temporary);
  } catch (...) {
    fs::remove(temporary, error);
    throw;
  }
  fs::rename(temporary, folder.results_file(), error);
  if (error) {
    throw StoreError(folder.results_file().string(),
                     "cannot be replaced (" + error.message() + "). Check its permissions.");
  }
  sync_folder(folder.root());
  return scores;
}

}  // namespace attempt::results
