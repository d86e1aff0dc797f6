#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "results/checkpoint_file.h"
#include "results/event_log.h"
#include "results/publish.h"
#include "results/store_error.h"
#include "results/study_check.h"
#include "results/trial_file.h"
#include "tests/results/sample_record.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

namespace fs = std::filesystem;

constexpr int kStoreError = 42;

/// Runs `body` in a child that can write files of `bytes` at most. @return 42 after a StoreError, 0
/// after success, -1 when the child died.
template <typename Function>
int with_file_limit(rlim_t bytes, Function body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);  // write(2) then fails with EFBIG, much as on a full disk
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::alarm(10);
    int code = 0;
    try {
      body();
    } catch (const StoreError&) {
      code = kStoreError;
    } catch (...) {
      code = 99;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class FullDiskTest : public ::testing::Test {
 protected:
  FullDiskTest() : folder_(temporary_.path()) { folder_.create(); }

  const test::TemporaryFolder temporary_;
  const StudyFolder folder_;
};

TEST_F(FullDiskTest, NoHalfTrialIsPublished) {
  const TrialRecord record = test::sample_record();
  write_trial_file(folder_.root() / "whole.h5", record);
  const auto whole = fs::file_size(folder_.root() / "whole.h5");

  for (rlim_t bytes = 0; bytes < whole; bytes += whole / 12) {
    EXPECT_EQ(with_file_limit(bytes, [&] { publish_trial(folder_, record, "run", 1); }),
              kStoreError)
        << bytes;
    EXPECT_FALSE(fs::exists(folder_.trial(record.trial_id))) << bytes;
    EXPECT_TRUE(fs::is_empty(folder_.tmp())) << bytes;
  }
  EXPECT_EQ(with_file_limit(4 * whole, [&] { publish_trial(folder_, record, "run", 1); }), 0);
}

TEST_F(FullDiskTest, TheCheckpointBeforeStays) {
  Checkpoint checkpoint;
  checkpoint.trial_id = "t";
  checkpoint.run_id = "r";
  checkpoint.step = 1;
  write_checkpoint(folder_, checkpoint);
  checkpoint.step = 2;
  checkpoint.parameters = {{"prompt", {100'000}, std::vector<float>(100'000, 1.5F)}};

  for (const rlim_t bytes : {0, 100, 5'000, 100'000, 300'000}) {
    EXPECT_EQ(with_file_limit(bytes, [&] { write_checkpoint(folder_, checkpoint); }), kStoreError)
        << bytes;
  }
  const FoundCheckpoint found = find_checkpoint(folder_, "t");
  EXPECT_EQ(found.checkpoint->step, 1);
  EXPECT_TRUE(found.unsound.empty());
}

TEST_F(FullDiskTest, SmallFilesStayAsTheyWere) {
  write_file_atomically(folder_.sweep(), "before");

  EXPECT_EQ(with_file_limit(10, [&] { write_file_atomically(folder_.sweep(), "longer than 10"); }),
            kStoreError);

  EXPECT_EQ(test::read_file(folder_.sweep()), "before");
}

TEST_F(FullDiskTest, EventsEndInAWholeLine) {
  const int code = with_file_limit(250, [&] {
    EventLog log(folder_, "r");
    log.append("a", "", {});
    log.flush();
    log.append("b", "", {{"text", std::string(300, '-')}});
    log.flush();
  });

  EXPECT_EQ(code, kStoreError);
  const EventHistory history = read_events(folder_);
  EXPECT_EQ(history.events.size(), 1U);
  EXPECT_EQ(history.unfinished_lines, 0);
  EXPECT_TRUE(check_study(folder_, /*repair=*/false).findings.empty());
}

TEST_F(FullDiskTest, EventsGoOnWhereTheyStopped) {
  const int code = with_file_limit(RLIM_INFINITY, [&] {
    rlimit small{100, RLIM_INFINITY};  // the soft limit alone: it can be raised again
    ::setrlimit(RLIMIT_FSIZE, &small);
    EventLog log(folder_, "r");
    log.append("a", "", {});
    EXPECT_THROW(log.flush(), StoreError);
    small.rlim_cur = RLIM_INFINITY;
    ::setrlimit(RLIMIT_FSIZE, &small);
    log.append("b", "", {});
    log.flush();
  });

  EXPECT_EQ(code, 0);
  const EventHistory history = read_events(folder_);
  EXPECT_EQ(history.events.size(), 2U);
  EXPECT_EQ(history.damaged_lines, 0);
}

}  // namespace
}  // namespace attempt::results
