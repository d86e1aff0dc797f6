#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace attempt::sweep {

/// How fast trials of one kind were on the device that measured them last.
struct Speed {
  std::string device;
  double setup_seconds = 0;  ///< from a trial's start to its first step
  double step_seconds = 0;   ///< a training step
  double row_seconds = 0;    ///< a row of an evaluation
  std::int64_t memory_bytes = 0;
  double slowness = 0;  ///< what was measured over what estimate_seconds() says
  double spread = 0;    ///< standard deviation of the logarithm of what a trial will take
};

/// Measured speeds by kind of trial (trial_kind.h), kept in the user's cache folder.
class SpeedTable {
 public:
  SpeedTable() = default;  ///< nothing was measured
  /// Whatever of the file makes sense; nothing of one that is damaged or absent.
  static SpeedTable read(const std::filesystem::path& file);
  /// Whether the file is such a table, of this version; add_to() replaces whatever it is.
  static bool is_in(const std::filesystem::path& file);
  /// Writes beside the file, as add_to() does first, and leaves nothing. @throws as add_to()
  static void try_to_add_to(const std::filesystem::path& file);

  std::optional<Speed> find(const std::string& kind) const;
  /// The middle slowness of all kinds; nothing where none is known.
  std::optional<double> slowness() const;
  void put(const std::string& kind, const Speed& speed) { speeds_[kind] = speed; }
  bool is_empty() const { return speeds_.empty(); }

  /// Lays these speeds over those of the file, whose folder is made where it is missing.
  /// @throws results::StoreError, std::filesystem::filesystem_error
  void add_to(const std::filesystem::path& file) const;

 private:
  std::map<std::string, Speed> speeds_;
};

/// Where `plan --probe` and `run` keep what they measured.
std::filesystem::path speed_file();

}  // namespace attempt::sweep
