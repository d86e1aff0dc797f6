#include "runner/cli/progress_printer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace attempt::cli {

namespace {

constexpr std::chrono::seconds kSummaryInterval{30};

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string counts_text(const schedule::StudyCounts& counts) {
  std::string text = fmt::format("{} done, {} running, {} waiting", counts.succeeded,
                                 counts.running, counts.waiting);
  if (counts.failed > 0) text += fmt::format(", {} failed", counts.failed);
  if (counts.blocked > 0) text += fmt::format(", {} blocked", counts.blocked);
  return text;
}

/// What a worker is at, as far as there is something to say: a task that is tokenised has no name
/// besides its stage, and without steps there is no loss.
std::string stage_text(const process::Progress& p) {
  const bool is_named = p.stage.empty() || p.stage == "tokenising";
  if (p.total_steps == 0) return is_named ? "" : ", " + p.stage;
  std::string text = fmt::format(", {} step {}/{}", p.stage, p.step, p.total_steps);
  if (p.step == 0) return text;
  text += fmt::format(", loss {:.4f}, {:.1f} examples/s", p.loss, p.examples_per_second);
  if (p.remaining_seconds >= 1)
    text += fmt::format(", {} left", duration_text(p.remaining_seconds));
  return text;
}

/// Columns; a line that wraps could not be erased.
std::size_t terminal_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

ProgressPrinter::ProgressPrinter(const sweep::Plan& plan, ProgressStyle style) : style_(style) {
  add_names(plan);
}

void ProgressPrinter::add_names(const sweep::Plan& plan) {
  for (const sweep::PlannedTrial& planned : plan.trials) {
    std::vector<std::string> tasks;
    for (const sweep::TaskSpec& task : planned.spec.tasks) tasks.push_back(task.name);
    names_[planned.spec.trial_id] = fmt::format(
        "{} on {}, seed {}", planned.spec.phase == "source" ? "source prompt" : planned.spec.label,
        fmt::join(tasks, "+"), planned.spec.seed);
  }
  for (const sweep::PrepareNode& node : plan.prepare)
    names_[node.id] = "tokenising " + node.task.name;
}

std::string ProgressPrinter::name_of(const std::string& node_id) const {
  const auto found = names_.find(node_id);
  return found == names_.end() ? node_id : found->second;
}

void ProgressPrinter::print_line(const std::string& line) {
  erase_worker_lines();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressPrinter::erase_worker_lines() {
  if (drawn_lines_ > 0) std::fprintf(stderr, "\x1b[%zuA\x1b[J", drawn_lines_);
  drawn_lines_ = 0;
}

void ProgressPrinter::trial_started(const process::Assignment& assignment, int rank) {
  if (style_ == ProgressStyle::kTerminal) return;  // the worker's own line shows it
  const std::size_t width = assignment.mates.size() + 1;
  print_line(
      fmt::format("started   {} (worker {}{}{})", name_of(assignment.node_id), rank,
                  assignment.attempt > 1 ? fmt::format(", attempt {}", assignment.attempt) : "",
                  width > 1 ? fmt::format(", in a bundle of {}", width) : ""));
}

void ProgressPrinter::trial_ended(const process::Outcome& outcome, int rank, bool will_retry) {
  const std::string name = name_of(outcome.node_id);
  const std::string retry = will_retry ? "; it will be tried again" : "";
  switch (outcome.status) {
    case process::OutcomeStatus::kSucceeded:
      print_line(fmt::format("finished  {} in {} (worker {})", name, duration_text(outcome.seconds),
                             rank));
      break;
    case process::OutcomeStatus::kInterrupted:
      print_line(fmt::format("stopped   {}; it will go on where it was", name));
      break;
    case process::OutcomeStatus::kLost:
      print_line(fmt::format("lost      {}: {}{}", name, outcome.message, retry));
      break;
    case process::OutcomeStatus::kFailed:
      print_line(fmt::format("FAILED    {}: {}{}", name, outcome.message, retry));
      break;
  }
}

void ProgressPrinter::trial_cut_short(const std::string& id, const std::string& reason) {
  print_line(fmt::format("pruned    {}: {}", name_of(id), reason));
}

void ProgressPrinter::progress(const schedule::StudyCounts& counts,
                               const std::vector<schedule::WorkerState>& workers) {
  if (style_ == ProgressStyle::kTerminal) {
    erase_worker_lines();
    draw_worker_lines(counts, workers);
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - last_summary_ < kSummaryInterval) return;
  last_summary_ = now;
  print_line(counts_text(counts));
  for (const schedule::WorkerState& worker : workers) {
    const process::Progress& p = worker.progress;
    if (p.node_id.empty()) continue;
    print_line(fmt::format("  worker {}: {}{}", worker.rank, name_of(p.node_id), stage_text(p)));
  }
}

void ProgressPrinter::draw_worker_lines(const schedule::StudyCounts& counts,
                                        const std::vector<schedule::WorkerState>& workers) {
  const std::size_t width = terminal_width();
  for (const schedule::WorkerState& worker : workers) {
    const process::Progress& p = worker.progress;
    const std::string line = p.node_id.empty() ? fmt::format("worker {:<3} idle", worker.rank)
                                               : fmt::format("worker {:<3} {}{}", worker.rank,
                                                             name_of(p.node_id), stage_text(p));
    std::fprintf(stderr, "%s\n", line.substr(0, width).c_str());
  }
  std::fprintf(stderr, "%s\n", counts_text(counts).c_str());
  drawn_lines_ = workers.size() + 1;
}

void ProgressPrinter::note(const std::string& text) { print_line(text); }

}  // namespace attempt::cli
