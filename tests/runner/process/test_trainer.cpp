#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "runner/process/channel.h"

// A trainer without training: speaks the protocol and does what the trial's label says.
// "ok" | "fail" | "exit" | "crash_once" (killed in its first attempt) | "slow" (until stopped in
// the first run, then quick) | "sleep:<ms>" | "hang" | "abort" | "segfault" | "nan" | "disk" |
// "device_lost" | "memory:<rows>" (out of memory with more rows at once).
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

Outcome run(Channel& channel, const Assignment& assignment) {
  Outcome outcome;
  outcome.node_id = assignment.node_id;
  outcome.attempt = assignment.attempt;
  outcome.status = OutcomeStatus::kSucceeded;
  std::ifstream file(assignment.spec_file);
  const nlohmann::json spec = nlohmann::json::parse(file);
  const std::string label = spec.value("label", "ok");
  std::printf("runs %s as %s\n", assignment.node_id.c_str(), label.c_str());
  std::fflush(stdout);
  const fs::path study = assignment.study;
  std::ofstream(study / "ran.txt", std::ios::app) << assignment.node_id << '\n';
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
  int ms = 0;
  if (label.rfind("sleep:", 0) == 0) ms = std::stoi(label.substr(6));
  if (label == "slow" && assignment.attempt == 1) ms = 50000;
  if (work(channel, assignment, ms)) {
    outcome.status = OutcomeStatus::kInterrupted;
  } else if (label == "fail") {
    outcome.status = OutcomeStatus::kFailed;
    outcome.message = "told to fail";
    outcome.cause = "exception";
  } else if (label == "nan") {
    outcome.status = OutcomeStatus::kFailed;
    outcome.message = "step 3: loss nan (first bad tensor: gradient of 'prompt')";
    outcome.cause = "nan_loss";
  } else if (label == "disk" || label == "device_lost") {
    outcome.status = OutcomeStatus::kFailed;
    outcome.message = label == "disk" ? "the disk is full" : "CUDA error: uncorrectable ECC error";
    outcome.cause = label;
  } else if (rows_at_once(spec) > most_rows(label)) {
    outcome.status = OutcomeStatus::kFailed;
    outcome.message = "out of memory";
    outcome.cause = "out_of_memory";
  } else if (!assignment.is_prepare) {
    publish(study, assignment);
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
    const Outcome outcome = run(channel, message->as<Assignment>());
    channel.send(make_message(outcome));
    if (outcome.status == OutcomeStatus::kInterrupted) return 0;
  }
  return 0;
}
