#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace attempt::process {

/// The messages between manager and agents (over MPI) and between agent and trainer (over a socket
/// pair): small JSON texts. A change of meaning bumps the version; unknown fields are ignored.
inline constexpr int kMessageVersion = 1;

struct Hello {
  std::string host;
  std::vector<std::string> devices;  ///< "cpu", or GPU UUIDs
  std::int64_t slots = 1;
  std::int64_t pid = 0;
  std::string version;
};

/// Manager to agents, first of all: what every agent must know of the run. Answered by Hello.
struct Settings {
  std::int64_t trainers_per_device = 1;
  std::int64_t threads_per_trainer = 0;  ///< 0: cores of the rank / trainers
  double heartbeat_timeout_seconds = 120;
  double no_progress_seconds = 0;  ///< a trainer that says nothing for so long hangs; 0: off
};

struct Assignment {
  std::string node_id;  ///< trial id, or prepare id
  bool is_prepare = false;
  std::int64_t attempt = 1;
  std::string run_id;
  std::string study;      ///< study folder, absolute
  std::string spec_file;  ///< JSON of the TrialSpec (or of the PrepareNode), absolute
  /// Trials that run at the same time, in the same passes; they have no mates themselves.
  std::vector<Assignment> mates = {};
};

struct Progress {
  std::string node_id;
  std::int64_t attempt = 1;
  std::string stage;  ///< "loading", "tokenising", "training", "evaluating", "testing"
  std::int64_t step = 0;
  std::int64_t total_steps = 0;
  double loss = 0;
  double examples_per_second = 0;
  double remaining_seconds = 0;
  double checkpoint_seconds = 0;  ///< what the last checkpoint took to write; 0: none yet
  /// Validation so far, where there is a new evaluation; else empty.
  std::vector<std::int64_t> evaluated_steps;
  std::vector<double> selections;  ///< what selects the checkpoint, one an evaluation
};

/// How an attempt ended.
enum class OutcomeStatus {
  kSucceeded,
  kFailed,       ///< the trial's own fault: counts as an attempt
  kInterrupted,  ///< stopped on request after writing a checkpoint
  kLost          ///< the machine's fault: trainer or rank vanished; counts nothing
};

struct Outcome {
  std::string node_id;
  std::int64_t attempt = 1;
  OutcomeStatus status = OutcomeStatus::kFailed;
  std::string message;  ///< problem, for people
  std::string cause;   ///< machine-readable: "exception", "signal:9", "exit:3", "nan_loss", "hang",
                       ///< "out_of_memory", "cuda_error", "disk", "fenced", "data", ...
  std::string digest;  ///< of the published file
  double seconds = 0;
  std::vector<std::string> evidence;  ///< last log lines
  std::string stage;                  ///< the last that was heard of it
  std::int64_t step = 0;
  std::int64_t peak_memory_bytes = 0;  ///< of a trainer that died, in main memory
  std::int64_t mates = 0;  ///< trials that it failed together with: any may be the cause
};

/// The end of an attempt, with what is known of every one.
Outcome outcome_of(const Assignment& assignment, OutcomeStatus status, std::string message,
                   std::string cause = {});

struct Heartbeat {
  std::int64_t sequence = 0;
};

/// Asks agents and trainers to write checkpoints and leave.
struct Stop {
  std::string reason;
};

/// Asks a trainer to end a trial's training now, with its best so far as its result.
struct Finish {
  std::string node_id;
  std::int64_t attempt = 1;
};

struct Message {
  std::string kind;  ///< "hello", "settings", "assignment", "progress", "outcome", "heartbeat",
                     ///< "stop", "finish"
  nlohmann::json body;

  template <typename T>
  T as() const {
    return body.get<T>();
  }
};

std::string encode(const Message& message);
/// @throws std::runtime_error for a text that is not a message of this version.
Message decode(const std::string& text);

/// Kinds are fixed in message.cpp, for the structs above.
template <typename T>
Message make_message(const T& body);
template <>
Message make_message(const Hello& body);
template <>
Message make_message(const Settings& body);
template <>
Message make_message(const Assignment& body);
template <>
Message make_message(const Progress& body);
template <>
Message make_message(const Outcome& body);
template <>
Message make_message(const Heartbeat& body);
template <>
Message make_message(const Stop& body);
template <>
Message make_message(const Finish& body);

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Hello, host, devices, slots, pid, version)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Settings, trainers_per_device, threads_per_trainer,
                                                heartbeat_timeout_seconds, no_progress_seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Assignment, node_id, is_prepare, attempt, run_id,
                                                study, spec_file, mates)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Progress, node_id, attempt, stage, step,
                                                total_steps, loss, examples_per_second,
                                                remaining_seconds, checkpoint_seconds,
                                                evaluated_steps, selections)
NLOHMANN_JSON_SERIALIZE_ENUM(OutcomeStatus, {{OutcomeStatus::kFailed, "failed"},
                                             {OutcomeStatus::kSucceeded, "succeeded"},
                                             {OutcomeStatus::kInterrupted, "interrupted"},
                                             {OutcomeStatus::kLost, "lost"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Outcome, node_id, attempt, status, message, cause,
                                                digest, seconds, evidence, stage, step,
                                                peak_memory_bytes, mates)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Heartbeat, sequence)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Stop, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Finish, node_id, attempt)

}  // namespace attempt::process
