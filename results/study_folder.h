#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace attempt::results {

/// Names below a study's folder; interfaces.md section 3. Makes no file-system call unless it says
/// so. An id that would lead out of the study is a StoreError.
class StudyFolder {
 public:
  explicit StudyFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path sweep() const { return root_ / "sweep.toml"; }
  std::filesystem::path trials() const { return root_ / "trials"; }
  std::filesystem::path trial(const std::string& trial_id) const;
  std::filesystem::path digest(const std::string& trial_id) const;  ///< trials/<id>.h5.sha256
  std::filesystem::path events() const { return root_ / "events"; }
  std::filesystem::path events_of(const std::string& run_id) const;
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path checkpoints(const std::string& trial_id) const;
  std::filesystem::path leases() const { return root_ / "leases"; }
  std::filesystem::path lease(const std::string& trial_id) const;
  std::filesystem::path exit_file(const std::string& run_id) const;
  std::filesystem::path stop_file() const;  ///< run/stop: made by `attempt stop`
  std::filesystem::path failed_folder() const { return root_ / "failed"; }
  std::filesystem::path failed(const std::string& trial_id) const;
  std::filesystem::path logs() const { return root_ / "logs"; }
  std::filesystem::path trial_log(const std::string& trial_id) const;
  std::filesystem::path specs() const { return root_ / "run" / "specs"; }
  std::filesystem::path results_file() const { return root_ / "results.h5"; }
  std::filesystem::path report() const { return root_ / "report"; }
  std::filesystem::path tmp() const { return root_ / "tmp"; }

  /// Creates the folders. @throws StoreError naming what cannot be made and why.
  void create() const;

 private:
  std::filesystem::path root_;
};

/// A new id for one start of the program: sortable by time, unique across hosts, without dots.
std::string make_run_id();

}  // namespace attempt::results
