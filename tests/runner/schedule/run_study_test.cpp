#include "runner/schedule/run_study.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "results/event_log.h"
#include "results/run_holder.h"
#include "runner/schedule/devices.h"
#include "tests/support/test_support.h"

namespace attempt::schedule {
namespace {

sweep::PlannedTrial trial(const std::string& id, const std::string& label) {
  sweep::PlannedTrial result;
  result.spec.trial_id = id;
  result.spec.label = label;
  return result;
}

/// Trials of the labels that may share passes.
sweep::Plan bundle_of(std::int64_t width, const std::vector<std::string>& labels) {
  sweep::Plan plan;
  plan.bundle_width = width;
  plan.max_attempts = 1;
  for (const std::string& label : labels) {
    sweep::PlannedTrial& one =
        plan.trials.emplace_back(trial("t" + std::to_string(plan.trials.size()), label));
    one.spec.method_options.method = "prompt_tuning";
    one.spec.tasks = {{.name = "rte"}};
    one.spec.train.total_steps = 1;
    one.spec.train.batch_size = 8;
  }
  return plan;
}

/// Stops the study once a trial has begun, the way a person or another node would.
class Stopper final : public RunObserver {
 public:
  explicit Stopper(std::function<void()> stop) : stop_(std::move(stop)) {}
  void trial_started(const process::Assignment&, int) override { stop_(); }
  void trial_ended(const process::Outcome&, int, bool) override {}
  void progress(const StudyCounts&, const std::vector<WorkerState>&) override { stop_(); }
  void note(const std::string&) override {}

 private:
  std::function<void()> stop_;
};

/// Would end every trial at once.
class Impatient final : public TrialJudge {
 public:
  void add(const sweep::Plan&) override {}
  std::string judge(const std::string&, const std::vector<std::int64_t>&,
                    const std::vector<double>&) override {
    return "worse than the others";
  }
};

class RunStudyTest : public testing::Test {
 protected:
  RunStudyTest() : folder_(temporary_ / "study") { folder_.create(); }

  RunResult run(const sweep::Plan& plan, const std::string& run_id,
                RunObserver* observer = nullptr) {
    mpi::Communicator alone;
    EXPECT_FALSE(results::take_study(folder_, results::this_process(run_id), {}));
    return run_study({.plan = &plan,
                      .folder = folder_,
                      .communicator = alone,
                      .run_id = run_id,
                      .trainer = trainer_,
                      .observer = observer,
                      .signals = signals_,
                      .stop_grace_seconds = 1,
                      .deadline = deadline_ ? &*deadline_ : nullptr,
                      .judge = judge_});
  }

  /// Whether a trainer works.
  bool has_begun() const { return std::filesystem::exists(folder_.root() / "ran.txt"); }

  /// The data of all events of a type, in order.
  std::vector<nlohmann::json> events(const std::string& type) const {
    std::vector<nlohmann::json> found;
    for (const results::Event& event : results::read_events(folder_).events) {
      if (event.type == type) found.push_back(event.data);
    }
    return found;
  }

  const test::TemporaryFolder temporary_;
  const results::StudyFolder folder_;
  const process::StopSignals signals_;
  std::filesystem::path trainer_ = ATTEMPT_TEST_TRAINER;
  std::optional<process::Deadline> deadline_;
  TrialJudge* judge_ = nullptr;
};

TEST_F(RunStudyTest, WritesTheExitFileAndRunsNothingTwice) {
  sweep::Plan plan;
  plan.prepare.push_back({.id = "prepare:rte:1"});
  plan.trials = {trial("a", "ok"), trial("b", "ok")};
  plan.trials[0].prepare_ids = {"prepare:rte:1"};
  EXPECT_EQ(run(plan, "r1").exit_code, 0);
  EXPECT_EQ(test::read_file(folder_.exit_file("r1")), "0\n");
  const std::string ran = test::read_file(folder_.root() / "ran.txt");
  EXPECT_NE(ran.find("prepare:rte:1\na\n"), std::string::npos) << ran;
  EXPECT_EQ(run(plan, "r2").counts.succeeded, 2);
  EXPECT_EQ(test::read_file(folder_.root() / "ran.txt"), ran);
}

TEST_F(RunStudyTest, SignalInterrupts) {
  sweep::Plan plan;
  plan.trials = {trial("a", "slow")};
  Stopper stopper([] { std::raise(SIGTERM); });
  const RunResult stopped = run(plan, "r1", &stopper);
  EXPECT_EQ(stopped.exit_code, 75);
  EXPECT_FALSE(stopped.stop_reason.empty());
}

TEST_F(RunStudyTest, StopFileInterrupts) {
  sweep::Plan plan;
  plan.trials = {trial("a", "slow")};
  Stopper stopper([this] { test::write_file(folder_.stop_file(), "stop\n"); });
  EXPECT_EQ(run(plan, "r1", &stopper).exit_code, 75);
  EXPECT_EQ(run(plan, "r2").exit_code, 0);
}

TEST_F(RunStudyTest, ATrainerThatLeavesWhenStoppedCostsNoAttempt) {
  sweep::Plan plan;
  plan.trials = {trial("a", "leave")};
  Stopper stopper([this] {
    if (has_begun()) test::write_file(folder_.stop_file(), "stop\n");
  });
  EXPECT_EQ(run(plan, "r1", &stopper).exit_code, 75);
  EXPECT_EQ(events("attempt_ended").at(0).at("cause"), "stopped");
  const auto state = results::fold_study_state(folder_, results::read_events(folder_));
  EXPECT_EQ(state.at("a").attempts, 0);
  EXPECT_EQ(run(plan, "r2").exit_code, 0);
}

TEST_F(RunStudyTest, HangingTrainerIsKilledAfterTheGrace) {
  sweep::Plan plan;
  plan.trials = {trial("a", "hang")};
  Stopper stopper([this] {
    if (has_begun()) std::raise(SIGUSR1);
  });
  EXPECT_EQ(run(plan, "r1", &stopper).exit_code, 75);
  const nlohmann::json end = events("attempt_ended").at(0);
  EXPECT_EQ(end.at("cause"), "stopped");
  EXPECT_EQ(end.at("message"), "the trainer did not stop in time and was killed");
}

nlohmann::json read_json(const std::filesystem::path& path) {
  return nlohmann::json::parse(test::read_file(path));
}

TEST_F(RunStudyTest, NamesHowTrainersDiedAndGoesOnWithTheRest) {
  sweep::Plan plan;
  plan.trials = {trial("a", "abort"), trial("s", "segfault"), trial("e", "exit"), trial("o", "ok")};
  plan.max_attempts = 2;
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.counts.succeeded, 1);
  EXPECT_EQ(read_json(folder_.failed("a")).at("cause"), "signal:6");
  EXPECT_EQ(read_json(folder_.failed("s")).at("cause"), "signal:11");
  EXPECT_EQ(read_json(folder_.failed("e")).at("cause"), "exit:9");
  EXPECT_EQ(read_json(folder_.failed("s")).at("attempts"), 2);
  EXPECT_GT(read_json(folder_.failed("s")).at("peak_memory_bytes"), 0);
  EXPECT_EQ(read_json(folder_.failed("s")).at("evidence").at(0), "runs s as segfault");
}

TEST_F(RunStudyTest, ATrialThatIsNotANumberIsNotTriedAgain) {
  sweep::Plan plan;
  plan.trials = {trial("n", "nan"), trial("d", "ok")};
  plan.trials[1].spec.depends_on = {"n"};
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.counts.blocked, 1);
  EXPECT_EQ(test::read_file(folder_.root() / "ran.txt"), "n\n");
  const std::string events = test::read_file(folder_.events_of("r1"));
  EXPECT_NE(events.find("\"trial_blocked\",\"trial_id\":\"d\",\"data\":{\"by\":\"n\"}"),
            std::string::npos)
      << events;
}

TEST_F(RunStudyTest, OutOfMemoryGoesOnWithSmallerMicroBatchesAlsoInALaterRun) {
  sweep::Plan plan;
  plan.trials = {trial("m", "memory:8")};
  plan.trials[0].spec.train.batch_size = 32;
  plan.max_attempts = 1;
  EXPECT_EQ(run(plan, "r1").exit_code, 0);
  EXPECT_EQ(test::read_file(folder_.root() / "ran.txt"), "m\nm\nm\n");  // 32, 16, 8
  const auto state = results::fold_study_state(folder_, results::read_events(folder_));
  EXPECT_EQ(state.at("m").micro_batch, 8);
  std::filesystem::remove(folder_.trial("m"));
  EXPECT_EQ(run(plan, "r2").exit_code, 0);
  EXPECT_EQ(test::read_file(folder_.root() / "ran.txt"), "m\nm\nm\nm\n");
}

TEST_F(RunStudyTest, AttemptsOfEarlierRunsCount) {
  sweep::Plan plan;
  plan.trials = {trial("f", "fail")};
  plan.max_attempts = 3;
  run(plan, "r1");
  const auto state = results::fold_study_state(folder_, results::read_events(folder_));
  EXPECT_EQ(state.at("f").attempts, 3);
}

TEST_F(RunStudyTest, ATrainerWithoutProgressIsKilledAndItsTrialSetAside) {
  sweep::Plan plan;
  plan.trials = {trial("h", "hang"), trial("o", "ok")};
  plan.max_attempts = 1;
  plan.no_progress_seconds = 1;
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.counts.succeeded, 1);
  EXPECT_EQ(read_json(folder_.failed("h")).at("cause"), "hang");
}

TEST_F(RunStudyTest, AFullDiskEndsTheRunAndCostsNoAttempt) {
  sweep::Plan plan;
  plan.trials = {trial("d", "disk")};
  plan.max_attempts = 1;
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.stop_reason, "the disk is full");
  EXPECT_FALSE(std::filesystem::exists(folder_.failed("d")));
}

TEST_F(RunStudyTest, ADeviceThatIsLostTakesNoMoreWork) {
  sweep::Plan plan;
  plan.trials = {trial("g", "device_lost")};
  plan.max_attempts = 1;
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.stop_reason.find("no device is left"), std::string::npos);
  EXPECT_EQ(test::read_file(folder_.root() / "ran.txt"), "g\n");
  EXPECT_FALSE(std::filesystem::exists(folder_.failed("g")));
}

TEST_F(RunStudyTest, ADeviceThatABundleLosesIsOneSlotAndCostsNobodyAnAttempt) {
  const sweep::Plan plan = bundle_of(4, {"ok", "ok", "device_lost_once", "ok"});
  const RunResult lost = run(plan, "r1");
  EXPECT_EQ(lost.exit_code, 3);
  EXPECT_NE(lost.stop_reason.find("no device is left"), std::string::npos) << lost.stop_reason;
  EXPECT_EQ(events("device_lost").size(), 1);
  EXPECT_EQ(events("attempt_ended").size(), 4);
  for (const auto& [id, state] :
       results::fold_study_state(folder_, results::read_events(folder_))) {
    EXPECT_EQ(state.status, results::TrialStatus::kWaiting) << id;
    EXPECT_EQ(state.attempts, 0) << id;
  }
  EXPECT_EQ(run(plan, "r2").counts.succeeded, 4);
  EXPECT_EQ(events("attempt_started").back().value("bundle_width", 1), 4);
}

TEST_F(RunStudyTest, WhereMemoryRanOutBundlesAreNarrowerFromThenOn) {
  const sweep::Plan plan =
      bundle_of(4, std::vector<std::string>(12, "memory:16"));  // two of 8 rows
  EXPECT_EQ(run(plan, "r1").exit_code, 0);
  std::vector<std::int64_t> widths;
  for (const nlohmann::json& begun : events("attempt_started")) {
    widths.push_back(begun.value("bundle_width", std::int64_t{1}));
  }
  std::vector<std::int64_t> expected(4, 4);  // of the first bundle alone
  expected.insert(expected.end(), 12, 2);
  EXPECT_EQ(widths, expected);
  EXPECT_TRUE(events("micro_batch_reduced").empty());
}

TEST_F(RunStudyTest, OnlyTrialsThatWouldGoOnAreToldToFinish) {
  Impatient impatient;
  judge_ = &impatient;
  sweep::Plan plan;
  plan.trials = {trial("half", "evaluated:4"), trial("whole", "evaluated:8")};
  EXPECT_EQ(run(plan, "r1").counts.succeeded, 2);
  std::vector<std::string> told;
  for (const results::Event& event : results::read_events(folder_).events) {
    if (event.type == "trial_finished_early") told.push_back(event.trial_id);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"half"}));
}

TEST_F(RunStudyTest, BundlesThatWereNarrowedStaySoInTheNextRun) {
  EXPECT_EQ(run(bundle_of(4, std::vector<std::string>(4, "memory:16")), "r1").exit_code, 0);
  const std::size_t narrowed = events("bundles_narrowed").size();
  const std::size_t begun = events("attempt_started").size();
  ASSERT_EQ(narrowed, 1);
  EXPECT_EQ(run(bundle_of(4, std::vector<std::string>(8, "memory:16")), "r2").exit_code, 0);
  EXPECT_EQ(events("bundles_narrowed").size(), narrowed);
  const std::vector<nlohmann::json> all = events("attempt_started");
  ASSERT_EQ(all.size(), begun + 4);  // nobody ran out of memory again
  for (std::size_t i = begun; i < all.size(); ++i) EXPECT_EQ(all[i].value("bundle_width", 1), 2);
}

TEST_F(RunStudyTest, EndsBeforeItsTimeLimit) {
  sweep::Plan plan;
  plan.trials = {trial("a", "slow")};
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  deadline_.emplace(end);
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 75);
  EXPECT_EQ(result.stop_reason, "the time limit is near");
  EXPECT_LT(std::chrono::steady_clock::now(), end);
}

TEST_F(RunStudyTest, AnotherRunThatTookTheStudyOverEndsThisOne) {
  sweep::Plan plan;
  plan.trials = {trial("a", "slow")};
  // Again and again, as the other run's beats do: one alone can be overwritten by this run's beat.
  Stopper stopper([this] {
    results::take_study(folder_, results::this_process("other"), std::chrono::milliseconds(0));
  });
  const RunResult result = run(plan, "r1", &stopper);
  EXPECT_EQ(result.exit_code, 75);
  EXPECT_EQ(result.stop_reason, "another run took this study over");
  ASSERT_TRUE(results::read_holder(folder_));
  EXPECT_EQ(results::read_holder(folder_)->run_id, "other");
}

TEST_F(RunStudyTest, MissingTrainerIsAnEnvironmentError) {
  trainer_ = temporary_ / "nothing";
  sweep::Plan plan;
  plan.trials = {trial("a", "ok"), trial("b", "ok")};
  const RunResult result = run(plan, "r1");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.stop_reason.find("nothing: the trainer cannot be started"), std::string::npos);
}

TEST(DevicesTest, TheListOfVisibleGpusIsReadAsCudaReadsIt) {
  const std::vector<std::string> all = {"GPU-aa", "GPU-ab", "GPU-b"};
  EXPECT_EQ(listed_gpus(all, "2,0"), (std::vector<std::string>{"GPU-b", "GPU-aa"}));
  EXPECT_EQ(listed_gpus(all, "GPU-ab"), (std::vector<std::string>{"GPU-ab"}));
  EXPECT_EQ(listed_gpus(all, "1,7,0"), (std::vector<std::string>{"GPU-ab"}));
  EXPECT_EQ(listed_gpus(all, "MIG-1,MIG-2"), (std::vector<std::string>{"MIG-1", "MIG-2"}));
  EXPECT_TRUE(listed_gpus(all, "").empty());
  EXPECT_TRUE(listed_gpus({}, "0").empty());
}

TEST(DevicesTest, DividesDevicesAmongTheRanksOfAHost) {
  EXPECT_EQ(devices_of_rank({"a", "b", "c", "d"}, 1, 2), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(devices_of_rank({"a"}, 1, 2), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(devices_of_rank({}, 0, 1).empty());
}

}  // namespace
}  // namespace attempt::schedule
