#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "results/study_folder.h"
#include "results/trial_record.h"

namespace attempt::results {

enum class PublishResult { kPublished, kAlreadyThere, kFenced };

struct Published {
  PublishResult result = PublishResult::kPublished;
  std::string digest;  ///< SHA-256 of the file that is there now; empty if fenced
};

/// Makes a finished, closed and synced temporary file visible under its final name by link(2):
/// never over an existing result. Architecture.md section 6.
Published publish_file(const std::filesystem::path& temporary,
                       const std::filesystem::path& final_name);

/// Writes `record` to tmp/<trial_id>.<run_id>.<attempt>, publishes it and its digest file. kFenced
/// if another attempt holds the trial: the lease is looked at before anything is written, and again
/// after the write, which may take long.
Published publish_trial(const StudyFolder& folder, const TrialRecord& record,
                        const std::string& run_id, std::int64_t attempt);

/// Writes a small file atomically and durably (temporary, fsync, rename, fsync of the folder); for
/// files that one writer replaces: exit files, failed/<id>.json, sweep.toml.
/// @throws StoreError naming the file and the system's reason.
void write_file_atomically(const std::filesystem::path& path, const std::string& content);

/// As write_file_atomically without the syncs: for what need not survive the machine (leases,
/// specs, beats), as it is written again. @throws StoreError
void replace_file(const std::filesystem::path& path, const std::string& content);

/// As replace_file, for a name that may be taken once: whoever comes second gets false, and the
/// file stays as it is. @throws StoreError
bool create_file(const std::filesystem::path& path, const std::string& content);

/// fsync of a file or folder by name. @throws StoreError
void sync_file(const std::filesystem::path& path);
void sync_folder(const std::filesystem::path& folder);

/// Writes `<file>.sha256` in the form that `sha256sum --check` reads.
void write_digest_file(const std::filesystem::path& published_file, const std::string& digest);

}  // namespace attempt::results
