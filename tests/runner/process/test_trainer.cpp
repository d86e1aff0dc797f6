#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "runner/process/channel.h"

// A trainer without training: speaks the protocol and does what the trial's label says.
// "ok" | "fail" | "exit" | "crash_once" (killed in its first attempt) | "slow" (until stopped in
// the first run, then quick) | "leave" (so too, and ends without an answer) | "sleep:<ms>" | "hang"
// | "abort" | "segfault" | "nan" | "disk" | "device_lost" | "device_lost_once" (in its first
// attempt) | "memory:<rows>" (out of memory with more rows at once) | "evaluated:<step>" (tells of
// an evaluation at that one of 8 steps). Of a bundle a lost device and too little memory end all,
// as in one pass.
namespace {

using namespace attempt::process;
namespace fs = std::filesystem;

/// Waits `ms`, answering Stop. @return whether it was stopped.
bool work(Channel& channel, const Assignment& assignment, int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  Progress progress;
  progress.node_id = assignment.node_id;
  progress.attempt = assignment.attempt;
  progress.stage = "training";
  channel.send(make_message(progress));
  while (std::chrono::steady_clock::now() < end) {
    if (!channel.is_open()) std::exit(0);
    channel.wait_readable(5);
    if (const auto message = channel.receive(); message && message->kind == "stop") return true;
  }
  return false;
}

std::int64_t rows_at_once(const nlohmann::json& spec) {
  if (!spec.contains("train")) return 0;
  const nlohmann::json& train = spec["train"];
  const std::int64_t rows = train.value("micro_batch", std::int64_t{0});
  return rows > 0 ? rows : train.value("batch_size", std::int64_t{0});
}

std::int64_t most_rows(const std::string& label) {
  return label.rfind("memory:", 0) == 0 ? std::stoll(label.substr(7)) : 1 << 30;
}

/// Once, as the store does it: the first to link the name wins.
void publish(const fs::path& study, const Assignment& assignment) {
  const std::string attempt = assignment.run_id + "." + std::to_string(assignment.attempt);
  const fs::path temporary = study / "tmp" / (assignment.node_id + "." + attempt);
  std::ofstream(temporary) << attempt << '\n';
  std::error_code already_there;
  fs::create_hard_link(temporary, study / "trials" / (assignment.node_id + ".h5"), already_there);
  fs::remove(temporary);
}

nlohmann::json spec_of(const Assignment& assignment) {
  std::ifstream file(assignment.spec_file);
  return nlohmann::json::parse(file);
}

std::string label_of(const Assignment& assignment) {
  return spec_of(assignment).value("label", "ok");
}

/// What ends all that run together; "" if nothing.
std::string common_cause(const std::vector<Assignment>& together) {
  std::int64_t rows = 0;
  std::int64_t most = most_rows("");
  for (const Assignment& one : together) {
    const std::string label = label_of(one);
    if (label == "device_lost" || (label == "device_lost_once" && one.attempt == 1)) {
      return "device_lost";
    }
    rows += rows_at_once(spec_of(one));
    most = std::min(most, most_rows(label));
  }
  return rows > most ? "out_of_memory" : "";
}

void tell_of_evaluation(Channel& channel, const Assignment& assignment, std::int64_t step) {
  Progress progress;
  progress.node_id = assignment.node_id;
  progress.attempt = assignment.attempt;
  progress.step = step;
  progress.total_steps = 8;
  progress.evaluated_steps = {step};
  progress.selections = {50};
  channel.send(make_message(progress));
}

void note_run(const Assignment& assignment) {
  std::ofstream(fs::path(assignment.study) / "ran.txt", std::ios::app)
      << assignment.node_id << '\n';
}

Outcome run(Channel& channel, const Assignment& assignment) {
  Outcome outcome = outcome_of(assignment, OutcomeStatus::kSucceeded, "");
  const std::string label = label_of(assignment);
  std::printf("runs %s as %s\n", assignment.node_id.c_str(), label.c_str());
  std::fflush(stdout);
  note_run(assignment);
  if (label == "exit") std::exit(9);
  if (label == "hang") {
    while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  if (label == "abort") std::abort();
  if (label == "segfault") {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer would catch it
    ::raise(SIGSEGV);
  }
  if (label == "crash_once" && assignment.attempt == 1) ::kill(::getpid(), SIGKILL);
  if (label.rfind("evaluated:", 0) == 0) {
    tell_of_evaluation(channel, assignment, std::stoll(label.substr(10)));
  }
  int ms = 0;
  if (label.rfind("sleep:", 0) == 0) ms = std::stoi(label.substr(6));
  if ((label == "slow" || label == "leave") && assignment.attempt == 1) ms = 50000;
  if (work(channel, assignment, ms)) {
    if (label == "leave") std::exit(0);
    outcome.status = OutcomeStatus::kInterrupted;
  } else if (label == "fail") {
    outcome.status = OutcomeStatus::kFailed;
    outcome.message = "told to fail";
    outcome.cause = "exception";
  } else if (label == "nan") {
    outcome.status = OutcomeStatus::kFailed;
    outcome.message = "step 3: loss nan (first bad tensor: gradient of 'prompt')";
    outcome.cause = "nan_loss";
  } else if (label == "disk") {
    outcome = outcome_of(assignment, OutcomeStatus::kFailed, "the disk is full", "disk");
  } else if (!assignment.is_prepare) {
    publish(assignment.study, assignment);
    outcome.digest = "d";
  }
  return outcome;
}

}  // namespace

int main() {
  Channel channel(kTrainerChannelFd);
  Hello hello;
  hello.pid = ::getpid();
  channel.send(make_message(hello));
  while (channel.is_open()) {
    channel.wait_readable(-1);
    const auto message = channel.receive();
    if (!message) continue;
    if (message->kind == "stop") return 0;
    if (message->kind != "assignment") continue;
    std::vector<Assignment> together = {message->as<Assignment>()};
    const std::vector<Assignment> mates = together.front().mates;
    together.insert(together.end(), mates.begin(), mates.end());
    const std::string cause = common_cause(together);
    bool is_stopped = false;
    for (const Assignment& one : together) {
      Outcome outcome;
      if (cause.empty()) {
        outcome = run(channel, one);
      } else {
        note_run(one);
        outcome = outcome_of(one, OutcomeStatus::kFailed, "ended by " + cause, cause);
        outcome.mates = static_cast<std::int64_t>(mates.size());
      }
      channel.send(make_message(outcome));
      is_stopped = is_stopped || outcome.status == OutcomeStatus::kInterrupted;
    }
    if (is_stopped) return 0;
    if (cause == "device_lost") return 3;
  }
  return 0;
}
