#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runner/schedule/run_study.h"
#include "runner/sweep/plan.h"

namespace attempt::cli {

enum class ProgressStyle {
  kTerminal,  ///< a line per worker, redrawn in place
  kPlain      ///< a line per event, and a summary now and then
};

/// Shows on standard error how a study runs.
class ProgressPrinter final : public schedule::RunObserver {
 public:
  ProgressPrinter(const sweep::Plan& plan, ProgressStyle style);

  void trial_started(const process::Assignment& assignment, int rank) override;
  void trial_ended(const process::Outcome& outcome, int rank, bool will_retry) override;
  void trial_cut_short(const std::string& id, const std::string& reason) override;
  void progress(const schedule::StudyCounts& counts,
                const std::vector<schedule::WorkerState>& workers) override;
  void note(const std::string& text) override;
  void trials_added(const sweep::Plan& more) override { add_names(more); }

 private:
  /// A trial as people know it: "attempt on rte, seed 42"; a prepare node: "prepare rte".
  std::string name_of(const std::string& node_id) const;
  void add_names(const sweep::Plan& plan);
  void print_line(const std::string& line);
  void erase_worker_lines();
  void draw_worker_lines(const schedule::StudyCounts& counts,
                         const std::vector<schedule::WorkerState>& workers);

  std::map<std::string, std::string> names_;
  ProgressStyle style_;
  std::size_t drawn_lines_ = 0;
  std::chrono::steady_clock::time_point last_summary_;
};

}  // namespace attempt::cli
