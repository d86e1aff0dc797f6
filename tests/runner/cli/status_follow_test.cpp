#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "results/publish.h"
#include "runner/cli/commands.h"
#include "runner/cli/study_view.h"
#include "runner/sweep/plan.h"
#include "tests/support/test_support.h"

namespace attempt::cli {
namespace {

using testing::HasSubstr;

/// A study of two trials, the second of which needs the first one.
class StatusFollowTest : public testing::Test {
 protected:
  StatusFollowTest() : folder_(temporary_ / "study") {
    folder_.create();
    sweep::Plan plan;
    plan.name = "two";
    for (const char* id : {"aaaaaaaa", "bbbbbbbb"}) {
      sweep::PlannedTrial trial;
      trial.spec.trial_id = id;
      trial.spec.tasks = {{.name = "rte"}};
      trial.values = std::make_shared<const std::vector<sweep::ValueOrigin>>();
      plan.trials.push_back(trial);
    }
    plan.trials[1].spec.depends_on = {"aaaaaaaa"};
    write_study_plan(folder_, plan);
  }

  void fail_the_first() const {
    results::write_file_atomically(folder_.failed("aaaaaaaa"), R"({"message": "not a number"})");
  }
  /// @return what `attempt status DIR --follow` prints until it ends by itself.
  std::string follow() const {
    testing::internal::CaptureStdout();
    const Command command = status_command();
    EXPECT_EQ(command.run(parse_arguments(command.spec, {folder_.root().string(), "--follow"})), 0);
    return testing::internal::GetCapturedStdout();
  }

  const test::TemporaryFolder temporary_;
  const results::StudyFolder folder_;
};

TEST_F(StatusFollowTest, EndsWhenWhatIsLeftIsBlocked) {
  fail_the_first();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(follow(), HasSubstr("bbbbbbbb"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << "one look";
}

TEST_F(StatusFollowTest, LooksAgainWhileATrialMayRun) {
  std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    fail_the_first();
  });
  EXPECT_THAT(follow(), HasSubstr("not a number"));
}

}  // namespace
}  // namespace attempt::cli
