#include "results/publish.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <future>
#include <set>
#include <stdexcept>

#include "results/abandoned.h"
#include "results/digest.h"
#include "results/lease.h"
#include "results/store_error.h"
#include "results/trial_file.h"
#include "results/verify.h"
#include "tests/results/sample_record.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Runs `body` in a child process. @return its process id.
template <typename Function>
pid_t start_child(Function body) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  try {
    ::_exit(body());
  } catch (...) {
    ::_exit(99);
  }
}

int exit_code_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Publishes as attempt 1 of "run", whose lease is a pipe: each look at it waits for the test.
class WatchedPublisher {
 public:
  WatchedPublisher(const StudyFolder& folder, const TrialRecord& record)
      : lease_(folder.lease(record.trial_id).string() + ".1") {
    write_lease(folder, record.trial_id, {"run", 1});
    place_pipe();
    published_ =
        std::async(std::launch::async, [&] { return publish_trial(folder, record, "run", 1); });
  }

  /// Does something at the next look, before what it finds.
  void at_next_look(const std::function<void()>& meanwhile) {
    int pipe = -1;
    while ((pipe = ::open(lease_.c_str(), O_WRONLY | O_NONBLOCK)) < 0) {  // nobody looks yet
      if (published_.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready) {
        throw std::runtime_error("it has not looked again");
      }
    }
    place_pipe();  // for the look after this one
    meanwhile();
    const std::string text = "run 1 0\n";
    EXPECT_EQ(::write(pipe, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(pipe);
  }

  Published published() { return published_.get(); }

 private:
  void place_pipe() const {
    fs::remove(lease_);
    if (::mkfifo(lease_.c_str(), 0600) != 0) throw std::runtime_error("no pipe");
  }

  fs::path lease_;
  std::future<Published> published_;
};

class PublishTest : public ::testing::Test {
 protected:
  PublishTest() : folder_(temporary_.path() / "study") { folder_.create(); }

  std::string digest_line() const { return test::read_file(folder_.digest(record_.trial_id)); }

  const test::TemporaryFolder temporary_;
  const StudyFolder folder_;
  const TrialRecord record_ = test::sample_record();
};

TEST_F(PublishTest, MakesTheTrialVisibleWithItsDigest) {
  const Published published = publish_trial(folder_, record_, "run", 1);

  EXPECT_EQ(published.result, PublishResult::kPublished);
  EXPECT_EQ(published.digest, sha256_file(folder_.trial(record_.trial_id)));
  EXPECT_EQ(digest_line(), published.digest + "  " + record_.trial_id + ".h5\n");
  EXPECT_EQ(read_trial_file(folder_.trial(record_.trial_id)).seed, 42U);
  EXPECT_TRUE(is_empty(folder_.tmp()));
}

TEST_F(PublishTest, SecondPublisherChangesNothing) {
  const Published first = publish_trial(folder_, record_, "run", 1);
  TrialRecord other = record_;
  other.seed = 43;

  const Published second = publish_trial(folder_, other, "other", 1);

  EXPECT_EQ(second.result, PublishResult::kAlreadyThere);
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(read_trial_file(folder_.trial(record_.trial_id)).seed, 42U);
  EXPECT_TRUE(is_empty(folder_.tmp()));
}

TEST_F(PublishTest, RefusesAnAttemptWhoseLeaseAnotherHolds) {
  write_lease(folder_, record_.trial_id, {"other", 2});

  const Published late = publish_trial(folder_, record_, "run", 1);

  EXPECT_EQ(late.result, PublishResult::kFenced);
  EXPECT_FALSE(fs::exists(folder_.trial(record_.trial_id)));
  EXPECT_TRUE(is_empty(folder_.tmp()));
  EXPECT_EQ(publish_trial(folder_, record_, "other", 2).result, PublishResult::kPublished);
}

TEST_F(PublishTest, AnAttemptThatIsLateWritesNothing) {
  write_lease(folder_, record_.trial_id, {"other", 2});
  fs::remove(folder_.tmp());  // a full disk would be no fault of a trial that is another's
  EXPECT_EQ(publish_trial(folder_, record_, "run", 1).result, PublishResult::kFenced);
}

TEST_F(PublishTest, ALeaseThatIsLostDuringTheWriteFencesOff) {
  WatchedPublisher late(folder_, record_);
  late.at_next_look([&] { EXPECT_TRUE(is_empty(folder_.tmp())); });
  late.at_next_look([&] {
    EXPECT_FALSE(is_empty(folder_.tmp()));
    EXPECT_FALSE(fs::exists(folder_.trial(record_.trial_id)));
    write_lease(folder_, record_.trial_id, {"other", 2});
  });

  EXPECT_EQ(late.published().result, PublishResult::kFenced);
  EXPECT_FALSE(fs::exists(folder_.trial(record_.trial_id)));
  EXPECT_TRUE(is_empty(folder_.tmp()));
}

TEST_F(PublishTest, WhoeverTookTheTrialOverJustBeforeTheLinkReportsIt) {
  WatchedPublisher late(folder_, record_);
  late.at_next_look([] {});
  // Stopped behind this look: the other attempt is made, and its file linked.
  late.at_next_look([&] { test::write_file(folder_.trial(record_.trial_id), "of another"); });
  late.at_next_look([&] { write_lease(folder_, record_.trial_id, {"other", 2}); });

  EXPECT_EQ(late.published().result, PublishResult::kFenced);
  EXPECT_EQ(test::read_file(folder_.trial(record_.trial_id)), "of another");
  EXPECT_FALSE(fs::exists(folder_.digest(record_.trial_id)));
  EXPECT_TRUE(is_empty(folder_.tmp()));
}

TEST_F(PublishTest, FinishesForAPublisherThatDiedBeforeTheDigestFile) {
  const fs::path final_name = folder_.trial(record_.trial_id);
  write_trial_file(folder_.tmp() / "first", record_);
  fs::create_hard_link(folder_.tmp() / "first", final_name);
  EXPECT_EQ(verify_trial(folder_, record_.trial_id, nullptr).soundness, TrialSoundness::kNoDigest);

  const Published published = publish_trial(folder_, record_, "run", 2);

  EXPECT_EQ(published.result, PublishResult::kAlreadyThere);
  EXPECT_EQ(verify_trial(folder_, record_.trial_id, nullptr).soundness, TrialSoundness::kSound);
}

TEST_F(PublishTest, LinkedFileThatIsStillInTmpCountsAsPublished) {
  // What a network file system reports as EEXIST after a lost reply.
  const fs::path temporary = folder_.tmp() / "mine";
  test::write_file(temporary, "content");
  fs::create_hard_link(temporary, folder_.trials() / "x");

  EXPECT_EQ(publish_file(temporary, folder_.trials() / "x").result, PublishResult::kPublished);
  EXPECT_FALSE(fs::exists(temporary));
}

TEST_F(PublishTest, OfManyProcessesOnePublishes) {
  constexpr int kProcesses = 6;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(start_child([&] {
      TrialRecord mine = record_;
      mine.provenance = std::to_string(i);
      const Published done = publish_trial(folder_, mine, "run" + std::to_string(i), 1);
      return done.result == PublishResult::kPublished ? 10 : 20;
    }));
  }
  std::multiset<int> codes;
  for (const pid_t child : children) codes.insert(exit_code_of(child));

  EXPECT_EQ(codes.count(10), 1U);
  EXPECT_EQ(codes.count(20), kProcesses - 1U);
  EXPECT_TRUE(is_empty(folder_.tmp()));
  EXPECT_EQ(verify_trial(folder_, record_.trial_id, nullptr).soundness, TrialSoundness::kSound);
}

TEST_F(PublishTest, KilledAnywhereLeavesNothingOrAWholeTrial) {
  std::set<TrialSoundness> seen;
  for (int i = 0; i < 60; ++i) {
    TrialRecord record = record_;
    record.trial_id = "trial" + std::to_string(i);
    const pid_t child = start_child([&] {
      publish_trial(folder_, record, "killed", 1);
      ::pause();
      return 0;
    });
    ::usleep(static_cast<useconds_t>(i) * 400);
    ::kill(child, SIGKILL);
    exit_code_of(child);

    const VerifiedTrial left = verify_trial(folder_, record.trial_id, nullptr);
    seen.insert(left.soundness);
    ASSERT_NE(left.soundness, TrialSoundness::kDamaged) << left.problem;
    if (left.soundness != TrialSoundness::kMissing) {
      EXPECT_EQ(read_trial_file(folder_.trial(record.trial_id)).trial_id, record.trial_id);
    }
    publish_trial(folder_, record, "next", 2);
    ASSERT_EQ(verify_trial(folder_, record.trial_id, nullptr).soundness, TrialSoundness::kSound);
  }
  EXPECT_TRUE(seen.contains(TrialSoundness::kMissing));
}

TEST_F(PublishTest, VerifyFindsDamageAndRestoresALostDigest) {
  publish_trial(folder_, record_, "run", 1);
  const fs::path file = folder_.trial(record_.trial_id);
  fs::remove(folder_.digest(record_.trial_id));
  EXPECT_EQ(restore_digest(folder_, record_.trial_id), sha256_file(file));
  EXPECT_EQ(verify_trial(folder_, record_.trial_id, nullptr).soundness, TrialSoundness::kSound);

  std::string bytes = test::read_file(file);
  bytes[bytes.size() / 2] ^= 1;
  test::write_file(file, bytes);

  const VerifiedTrial verified = verify_trial(folder_, record_.trial_id, nullptr);
  EXPECT_EQ(verified.soundness, TrialSoundness::kDamaged);
  EXPECT_THAT(verified.problem, HasSubstr(".h5: is damaged (its SHA-256"));
  EXPECT_THROW(restore_digest(folder_, record_.trial_id), StoreError);
  EXPECT_EQ(verify_trial(folder_, "absent", nullptr).soundness, TrialSoundness::kMissing);
}

TEST_F(PublishTest, AtomicWriteIsNeverSeenHalf) {
  const fs::path path = folder_.root() / "run" / "x.exit";
  const std::string one(100'000, 'a');
  const std::string other(200'000, 'b');
  write_file_atomically(path, one);
  const pid_t writer = start_child([&] {
    for (;;) {
      write_file_atomically(path, other);
      write_file_atomically(path, one);
    }
    return 0;
  });
  for (int i = 0; i < 300; ++i) {
    const std::string seen = test::read_file(path);
    ASSERT_TRUE(seen == one || seen == other) << seen.size();
  }
  ::kill(writer, SIGKILL);
  exit_code_of(writer);
}

TEST_F(PublishTest, AtomicWriteNamesFileAndReason) {
  try {
    write_file_atomically(folder_.root() / "absent" / "x", "text");
    FAIL();
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("absent/x: cannot be created (No such file or directory)"));
  }
}

TEST_F(PublishTest, ANameIsCreatedOnce) {
  const fs::path path = folder_.root() / "run" / "once";
  EXPECT_TRUE(create_file(path, "first"));
  EXPECT_FALSE(create_file(path, "second"));
  EXPECT_EQ(test::read_file(path), "first");
  EXPECT_TRUE(temporary_files(folder_).empty());
}

}  // namespace
}  // namespace attempt::results
