#include "runner/schedule/agent.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "runner/schedule/devices.h"
#include "runner/schedule/heartbeats.h"
#include "runner/schedule/trial_log.h"

namespace attempt::schedule {

namespace {

using process::OutcomeStatus;

constexpr double kIdleTrainerGraceSeconds = 4;
/// step() is called every few milliseconds: a longer pause means that this process was stopped.
constexpr auto kStall = std::chrono::seconds(2);

std::chrono::nanoseconds seconds(double value) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(value * 1e9));
}

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

Agent::Agent(AgentSetup setup, mpi::Communicator& communicator, IoThread& io)
    : setup_(std::move(setup)), communicator_(communicator), io_(io), last_heard_(Clock::now()) {
  settings_.heartbeat_timeout_seconds = setup_.heartbeat_timeout_seconds;
}

template <typename T>
void Agent::tell_manager(const T& body) {
  communicator_.send(0, process::encode(process::make_message(body)));
}

void Agent::handle(const process::Message& message, Clock::time_point now) {
  last_heard_ = now;
  if (message.kind == "settings") {
    configure(message.as<process::Settings>());
  } else if (message.kind == "assignment") {
    assign(message.as<process::Assignment>(), now);
  } else if (message.kind == "finish") {
    finish(message.as<process::Finish>());
  } else if (message.kind == "stop") {
    const std::string reason = message.as<process::Stop>().reason;
    is_ending_ = is_ending_ || reason == kEndOfRun || reason == kEndAfterLostRank;
    is_rank_lost_ = is_rank_lost_ || reason == kEndAfterLostRank;
    stop_trainers(reason, setup_.stop_grace_seconds, now);
  }
}

void Agent::configure(const process::Settings& settings) {
  settings_ = settings;
  const auto gpus =
      devices_of_rank(visible_gpus(), communicator_.local_rank(), communicator_.local_size());
  process::Hello hello;
  hello.host = host_name();
  hello.devices = gpus.empty() ? std::vector<std::string>{"cpu"} : gpus;
  const std::int64_t per_device =
      gpus.empty() ? 1 : std::max<std::int64_t>(1, settings.trainers_per_device);
  slots_.clear();
  for (const std::string& device : hello.devices) {
    for (std::int64_t i = 0; i < per_device; ++i) {
      Slot slot;
      slot.device = device == "cpu" ? "" : device;
      slot.index = static_cast<std::int64_t>(slots_.size());
      slot.log =
          setup_.folder.logs() / ("trainer." + hello.host + "." + std::to_string(::getpid()) + "." +
                                  std::to_string(slot.index) + ".log");
      slots_.push_back(std::move(slot));
    }
  }
  const auto slot_count = static_cast<std::int64_t>(slots_.size());
  cpus_ = process::usable_cpus(/*ignore_binding=*/!communicator_.is_null());
  cpu_parts_ = communicator_.local_size() * slot_count;
  first_part_ = communicator_.local_rank() * slot_count;
  hello.slots = slot_count;
  hello.pid = ::getpid();
  hello.version = std::to_string(process::kMessageVersion);
  tell_manager(hello);
}

void Agent::start_trainer(Slot& slot) {
  process::TrainerStart start;
  start.executable = setup_.trainer;
  start.log = slot.log;
  start.cpus = process::share_of_cpus(cpus_, first_part_ + slot.index, cpu_parts_);
  start.threads = settings_.threads_per_trainer > 0
                      ? settings_.threads_per_trainer
                      : std::max<std::int64_t>(1, static_cast<std::int64_t>(start.cpus.size()));
  start.cuda_device = slot.device;
  slot.trainer = std::make_unique<process::TrainerProcess>(start);
  slot.kill_at.reset();
  slot.is_killed = false;
  slot.is_hanging = false;
}

void Agent::assign(const process::Assignment& assignment, Clock::time_point now) {
  const auto free = std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return slot.work.empty() && slot.answers.empty() && !slot.kill_at && !slot.is_retired;
  });
  std::vector<Work> work = {{assignment}};
  for (const process::Assignment& mate : assignment.mates) work.push_back({mate});
  if (free == slots_.end() || is_ending_) {
    for (const Work& one : work) {
      tell_manager(
          process::outcome_of(one.assignment, OutcomeStatus::kLost, "the agent has no free slot"));
    }
    return;
  }
  free->work = std::move(work);
  free->started = now;
  free->last_sign = now;
  try {
    if (free->trainer && (free->trainer->has_ended() || !free->trainer->channel().is_open())) {
      free->trainer.reset();
    }
    if (!free->trainer) start_trainer(*free);
    // A trainer that is gone by now is noticed by the next step.
    free->trainer->channel().send(process::make_message(assignment));
  } catch (const std::exception& error) {
    trainer_ended(*free, error.what());
  }
}

void Agent::finish(const process::Finish& finish) {
  for (Slot& slot : slots_) {
    if (slot.trainer && find_work(slot, finish) != nullptr)
      slot.trainer->channel().send(process::make_message(finish));
  }
}

void Agent::stop_trainers(const std::string& reason, double grace_seconds, Clock::time_point now) {
  for (Slot& slot : slots_) {
    if (!slot.trainer || (slot.kill_at && !is_ending_)) continue;
    slot.trainer->channel().send(process::make_message(process::Stop{reason}));
    const double grace = !slot.work.empty() ? grace_seconds : kIdleTrainerGraceSeconds;
    const Clock::time_point kill_at = now + seconds(grace);
    slot.kill_at = slot.kill_at ? std::min(*slot.kill_at, kill_at) : kill_at;
  }
}

bool Agent::read_messages(Slot& slot) {
  bool has_news = false;
  while (const auto message = slot.trainer->channel().receive()) {
    has_news = true;
    slot.last_sign = Clock::now();
    if (message->kind == "progress") {
      const auto progress = message->as<process::Progress>();
      if (Work* work = find_work(slot, progress); work != nullptr) {
        work->progress = progress;
        tell_manager(progress);
      }
    } else if (message->kind == "outcome") {
      const auto outcome = message->as<process::Outcome>();
      if (find_work(slot, outcome) != nullptr) end_attempt(slot, outcome);
    }
  }
  return has_news;
}

template <typename T>
Agent::Work* Agent::find_work(Slot& slot, const T& message) {
  const auto found = std::find_if(slot.work.begin(), slot.work.end(), [&](const Work& work) {
    return work.assignment.node_id == message.node_id && work.assignment.attempt == message.attempt;
  });
  return found == slot.work.end() ? nullptr : &*found;
}

void Agent::end_attempts(Slot& slot, const process::Outcome& outcome) {
  const auto mates = static_cast<std::int64_t>(slot.work.size()) - 1;
  while (!slot.work.empty()) {
    process::Outcome of_one = outcome;
    of_one.node_id = slot.work.front().assignment.node_id;
    of_one.attempt = slot.work.front().assignment.attempt;
    of_one.mates = mates;
    end_attempt(slot, std::move(of_one));
  }
}

void Agent::end_attempt(Slot& slot, process::Outcome outcome) {
  Work* work = find_work(slot, outcome);
  const process::Assignment& done = work->assignment;
  slot.is_retired = slot.is_retired || outcome.cause == "device_lost";
  outcome.stage = work->progress.stage;
  outcome.step = work->progress.step;
  const std::string title =
      done.node_id + " attempt " + std::to_string(done.attempt) + " run " + done.run_id;
  const bool is_last = slot.work.size() == 1;
  auto evidence =
      io_.run([from = slot.log, to = setup_.folder.trial_log(done.node_id), title, is_last] {
        return is_last ? move_log(from, to, title) : copy_log(from, to, title);
      });
  slot.answers.push_back({std::move(outcome), std::move(evidence)});
  slot.work.erase(slot.work.begin() + (work - slot.work.data()));
}

void Agent::trainer_ended(Slot& slot, const std::string& problem) {
  process::Outcome outcome;
  outcome.cause = slot.trainer ? process::cause_of(slot.trainer->end()) : std::string("start");
  if (slot.trainer) outcome.peak_memory_bytes = slot.trainer->end().peak_memory_bytes;
  const bool was_killed = slot.is_killed && !slot.is_hanging;
  // While it tokenises it has nothing to answer.
  const bool has_obeyed = slot.kill_at && slot.trainer && outcome.cause == "exit:0";
  if (was_killed || has_obeyed) outcome.cause = "stopped";  // as a trainer says that answers
  const bool was_hanging = slot.is_hanging;
  slot.trainer.reset();
  slot.kill_at.reset();
  slot.is_killed = false;
  slot.is_hanging = false;
  outcome.status = was_killed || has_obeyed ? OutcomeStatus::kInterrupted : OutcomeStatus::kFailed;
  outcome.message = was_killed   ? "the trainer did not stop in time and was killed"
                    : has_obeyed ? "it was stopped"
                                 : "the trainer ended without an answer: " + problem;
  if (was_hanging) {
    outcome.cause = "hang";
    outcome.message = "no progress for " +
                      std::to_string(std::llround(settings_.no_progress_seconds)) +
                      " s (limits.no_progress_seconds): the trainer was killed";
  }
  outcome.seconds = std::chrono::duration<double>(Clock::now() - slot.started).count();
  end_attempts(slot, outcome);
}

bool Agent::send_answer(Slot& slot) {
  if (slot.answers.empty() ||
      slot.answers.front().evidence.wait_for(seconds(0)) != std::future_status::ready) {
    return false;
  }
  Answer answer = std::move(slot.answers.front());
  slot.answers.pop_front();
  try {
    const std::vector<std::string> lines = answer.evidence.get();
    if (answer.outcome.status != OutcomeStatus::kSucceeded) answer.outcome.evidence = lines;
  } catch (const std::exception& error) {
    answer.outcome.evidence = {std::string("the log cannot be read: ") + error.what()};
  }
  tell_manager(answer.outcome);
  return true;
}

void Agent::watch_slot(Slot& slot, Clock::time_point now) {
  if (slot.kill_at && now > *slot.kill_at && !slot.is_killed) {
    slot.trainer->kill();
    slot.is_killed = true;
  }
  const bool is_silent = settings_.no_progress_seconds > 0 && !slot.work.empty() &&
                         now - slot.last_sign > seconds(settings_.no_progress_seconds);
  if (is_silent && !slot.is_killed) {
    slot.trainer->kill();
    slot.is_killed = slot.is_hanging = true;
  }
}

/// A trainer must not pay for the time in which this process was stopped itself.
void Agent::forgive_own_stall(Clock::time_point now) {
  if (last_step_ && now - *last_step_ > kStall) {
    for (Slot& slot : slots_) slot.last_sign += now - *last_step_;
  }
  last_step_ = now;
}

void Agent::watch_manager(Clock::time_point now) {
  if (communicator_.rank() == 0) return;
  if (now - last_heartbeat_ > seconds(heartbeat_interval(settings_.heartbeat_timeout_seconds))) {
    last_heartbeat_ = now;
    tell_manager(process::Heartbeat{++heartbeats_});
  }
  if (now - last_heard_ > seconds(settings_.heartbeat_timeout_seconds)) {
    is_orphaned_ = true;
    is_rank_lost_ = true;
    is_ending_ = true;
    last_heard_ = now;
    // Others take its trials over after twice the timeout.
    stop_trainers("the manager is lost",
                  std::min(setup_.stop_grace_seconds, settings_.heartbeat_timeout_seconds / 2),
                  now);
  }
}

bool Agent::step(Clock::time_point now) {
  bool has_news = false;
  forgive_own_stall(now);
  for (Slot& slot : slots_) {
    if (slot.trainer) {
      const bool has_ended = slot.trainer->has_ended();  // first: then its last words are all there
      try {
        has_news = read_messages(slot) || has_news;
      } catch (const std::exception& error) {
        slot.trainer->kill();
        process::Outcome outcome;
        outcome.message = std::string("the trainer sent a damaged message: ") + error.what();
        outcome.cause = "protocol";
        end_attempts(slot, outcome);
      }
      watch_slot(slot, now);
      if (has_ended) trainer_ended(slot, process::describe(slot.trainer->end()));
    }
    has_news = send_answer(slot) || has_news;
  }
  watch_manager(now);
  return has_news;
}

bool Agent::is_finished() const {
  return is_ending_ && std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
           return !slot.trainer && slot.answers.empty();
         });
}

void Agent::add_descriptors(std::vector<pollfd>& waited) const {
  for (const Slot& slot : slots_) {
    if (slot.trainer && slot.trainer->channel().is_open()) {
      waited.push_back({slot.trainer->channel().descriptor(), POLLIN, 0});
    }
  }
}

}  // namespace attempt::schedule
