#include "results/checkpoint_file.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <tuple>
#include <utility>

#include "results/publish.h"
#include "results/sealed_file.h"
#include "results/store_error.h"
#include "results/trial_record_io.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kKept = 2;

void write_content(const fs::path& path, const Checkpoint& checkpoint) {
  write_hdf5_file(path, kSealBytes, [&](Hdf5Writer& root) {
    root.attribute("format", std::string("attempt-checkpoint"));
    root.attribute("trial_id", checkpoint.trial_id);
    root.attribute("run_id", checkpoint.run_id);
    root.attribute("attempt", checkpoint.attempt);
    root.attribute("step", checkpoint.step);
    root.attribute("state", checkpoint.state);
    write_arrays(root.make_group("parameters"), checkpoint.parameters);
    write_arrays(root.make_group("best_parameters"), checkpoint.best_parameters);
    write_arrays(root.make_group("optimizer"), checkpoint.optimizer);
    Hdf5Writer generators = root.make_group("generators");
    for (const auto& [name, state] : checkpoint.generators) generators.array(name, state);
    Hdf5Writer record = root.make_group("record");
    write_record(record, checkpoint.record);
  });
}

Checkpoint read_content(const fs::path& path) {
  return guarded_read(path, [&] {
    const Hdf5Reader root(path);
    Checkpoint checkpoint;
    checkpoint.trial_id = root.text_attribute("trial_id");
    checkpoint.run_id = root.text_attribute("run_id");
    checkpoint.attempt = root.integer_attribute("attempt");
    checkpoint.step = root.integer_attribute("step");
    checkpoint.state = root.text_attribute("state");
    checkpoint.parameters = read_arrays(root.group("parameters"));
    checkpoint.best_parameters = read_arrays(root.group("best_parameters"));
    checkpoint.optimizer = read_arrays(root.group("optimizer"));
    const Hdf5Reader generators = root.group("generators");
    for (const std::string& name : generators.names()) {
      checkpoint.generators[name] = generators.bytes(name);
    }
    checkpoint.record = read_record(root.group("record"), TrialParts::kAll);
    return checkpoint;
  });
}

struct CheckpointName {
  fs::path path;
  std::int64_t step = 0;
  fs::file_time_type time;
};

/// The step of "<run_id>.<attempt>.<step>.h5"; nothing for other files.
std::optional<std::int64_t> step_of(const fs::path& path) {
  if (path.extension() != ".h5" || path.filename().string()[0] == '.') return std::nullopt;
  const std::string step = path.stem().extension().string();
  std::int64_t value = 0;
  const char* const end = step.data() + step.size();
  if (step.size() < 2) return std::nullopt;
  const auto [stop, error] = std::from_chars(step.data() + 1, end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

std::vector<CheckpointName> list_checkpoints(const fs::path& folder) {
  std::vector<CheckpointName> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::optional<std::int64_t> step = step_of(entry.path());
    if (step) found.push_back({entry.path(), *step, entry.last_write_time(error)});
  }
  return found;
}

/// By age, not by step: an attempt that had to begin again must not lose its own checkpoints to
/// those of higher step that could not be read.
void remove_old(const fs::path& folder, const fs::path& just_written) {
  std::vector<CheckpointName> names = list_checkpoints(folder);
  std::sort(names.begin(), names.end(), [&](const CheckpointName& a, const CheckpointName& b) {
    return std::tuple(a.path == just_written, a.time, a.step) >
           std::tuple(b.path == just_written, b.time, b.step);
  });
  for (std::size_t i = kKept; i < names.size(); ++i) {
    std::error_code ignored;
    fs::remove(names[i].path, ignored);
  }
}

/// Temporary files of writers that were killed; a young one may still be written.
void remove_abandoned(const fs::path& folder) {
  std::error_code error;
  const auto limit = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name[0] != '.' || !name.ends_with(".h5.tmp")) continue;
    if (entry.last_write_time(error) < limit) fs::remove(entry.path(), error);
  }
}

}  // namespace

void write_checkpoint(const StudyFolder& folder, const Checkpoint& checkpoint) {
  const fs::path place = folder.checkpoints(checkpoint.trial_id);
  const std::string name = checkpoint.run_id + "." + std::to_string(checkpoint.attempt) + "." +
                           std::to_string(checkpoint.step) + ".h5";
  const fs::path path = place / name;
  const fs::path temporary = place / ("." + name + ".tmp");
  std::error_code error;
  fs::create_directories(place, error);
  fs::remove(temporary, error);
  try {
    write_content(temporary, checkpoint);
    write_seal(temporary);
    sync_file(temporary);
    fs::rename(temporary, path);
  } catch (const fs::filesystem_error& problem) {
    throw StoreError(path.string(), "cannot be written (" + problem.code().message() +
                                        "). Check free space and permissions.");
  } catch (...) {
    fs::remove(temporary, error);
    throw;
  }
  sync_folder(place);
  remove_old(place, path);
  remove_abandoned(place);
}

FoundCheckpoint find_checkpoint(const StudyFolder& folder, const std::string& trial_id) {
  FoundCheckpoint found;
  std::vector<CheckpointName> names = list_checkpoints(folder.checkpoints(trial_id));
  std::sort(names.begin(), names.end(), [](const CheckpointName& a, const CheckpointName& b) {
    return std::tie(a.step, a.time) > std::tie(b.step, b.time);
  });
  for (const CheckpointName& name : names) {
    try {
      if (check_seal(name.path) == Seal::kSound) {
        Checkpoint checkpoint = read_content(name.path);
        if (checkpoint.trial_id == trial_id && checkpoint.step == name.step) {
          found.checkpoint = std::move(checkpoint);
          return found;
        }
      }
    } catch (const StoreError&) {
      // Named below like one whose checksum is wrong: the next one is tried.
    }
    found.unsound.push_back(name.path.string());
  }
  return found;
}

void require_checkpoint(const fs::path& path, const std::string& trial_id) {
  if (check_seal(path) != Seal::kSound) {
    throw StoreError(path.string(), "its content is not that of the SHA-256 it begins with");
  }
  if (read_content(path).trial_id != trial_id) {
    throw StoreError(path.string(), "is of another trial");
  }
}

void remove_checkpoints(const StudyFolder& folder, const std::string& trial_id) {
  const fs::path place = folder.checkpoints(trial_id);
  std::error_code error;
  fs::remove_all(place, error);
  if (error) {
    throw StoreError(place.string(), "cannot be removed (" + error.message() +
                                         "). Check the permissions of its folder.");
  }
}

}  // namespace attempt::results
