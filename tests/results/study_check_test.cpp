#include "results/study_check.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "results/checkpoint_file.h"
#include "results/child_check.h"
#include "results/digest.h"
#include "results/event_log.h"
#include "results/results_file.h"
#include "results/sealed_text.h"
#include "results/verify.h"
#include "tests/results/study_fixture.h"

namespace attempt::results {
namespace {

namespace fs = std::filesystem;

const std::string kA(32, 'a');
const std::string kB(32, 'b');

/// A study with two published trials, a checkpoint of a third, a failed one, and results.h5.
class StudyCheckTest : public test::StudyTest {
 protected:
  StudyCheckTest() {
    EventLog log(folder_, "run");
    for (const std::string& id : {kA, kB}) {
      publish(id, 60);
      log.append("trial_published", id, {{"digest", sha256_file(folder_.trial(id))}});
    }
    log.flush();
    Checkpoint checkpoint;
    checkpoint.trial_id = std::string(32, 'c');
    checkpoint.run_id = "run";
    checkpoint.attempt = 1;
    checkpoint.step = 5;
    write_checkpoint(folder_, checkpoint);
    write_file_atomically(folder_.failed(std::string(32, 'd')),
                          seal_json({{"message", "nan"}, {"step", 3}}, 1));
    write_file_atomically(folder_.sweep(), seal_lines("[sweep]\nname = \"x\"\n"));
    write_results_file(folder_, {kA, kB});
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.root())) {
      if (entry.is_regular_file()) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  static std::vector<std::string> defects(const StudyCheck& check) {
    std::vector<std::string> names;
    for (const Finding& finding : check.findings) {
      names.push_back(defect_name(finding.defect) + " " + finding.file.string());
    }
    return names;
  }
};

TEST_F(StudyCheckTest, FindsNothingInASoundStudy) {
  const StudyCheck check = check_study(folder_, /*repair=*/false);
  EXPECT_EQ(defects(check), std::vector<std::string>());
  EXPECT_GE(check.checked, 7);
}

TEST_F(StudyCheckTest, FindsEveryTruncatedFile) {
  for (const fs::path& path : files()) {
    const std::string whole = test::read_file(path);
    for (const std::size_t size : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
      test::write_file(path, whole.substr(0, size));
      if (path.extension() == ".jsonl" && size == 0) continue;  // the publishing events are missing
      EXPECT_FALSE(check_study(folder_, /*repair=*/false).findings.empty()) << path << " " << size;
    }
    test::write_file(path, whole);
  }
}

TEST_F(StudyCheckTest, FindsEveryFlippedBit) {
  std::mt19937 random(11);
  for (const fs::path& path : files()) {
    const std::string whole = test::read_file(path);
    for (int i = 0; i < 12; ++i) {
      std::string bytes = whole;
      const std::size_t place = random() % bytes.size();
      bytes[place] = static_cast<char>(bytes[place] ^ (1 << (random() % 8)));
      test::write_file(path, bytes);
      const StudyCheck check = check_study(folder_, /*repair=*/false);
      EXPECT_FALSE(check.findings.empty()) << path << " byte " << place;
    }
    test::write_file(path, whole);
  }
}

TEST_F(StudyCheckTest, ADamagedTrialIsMovedAsideAndRunsAgain) {
  damage(kA);

  const StudyCheck check = check_study(folder_, /*repair=*/true);

  EXPECT_TRUE(std::all_of(check.findings.begin(), check.findings.end(),
                          [](const Finding& finding) { return finding.is_repaired; }));
  EXPECT_FALSE(fs::exists(folder_.trial(kA)));
  EXPECT_FALSE(fs::is_empty(folder_.root() / "damaged"));
  const auto state = fold_study_state(folder_, read_events(folder_));
  EXPECT_EQ(state.at(kA).status, TrialStatus::kWaiting);
  EXPECT_EQ(state.at(kB).status, TrialStatus::kSucceeded);
}

TEST_F(StudyCheckTest, RebuildsDigestFilesEventsAndResults) {
  fs::remove(folder_.digest(kA));
  fs::remove(folder_.events_of("run"));
  test::write_file(folder_.results_file(), "nothing");

  check_study(folder_, /*repair=*/true);

  EXPECT_EQ(verify_trial(folder_, kA, nullptr).soundness, TrialSoundness::kSound);
  EXPECT_EQ(fold_study_state(folder_, read_events(folder_)).at(kB).digest,
            sha256_file(folder_.trial(kB)));
  EXPECT_EQ(defects(check_study(folder_, /*repair=*/false)), std::vector<std::string>());
}

TEST_F(StudyCheckTest, AnEventWithoutItsFileIsMissing) {
  fs::remove(folder_.trial(kA));
  fs::remove(folder_.digest(kA));
  const auto found = defects(check_study(folder_, /*repair=*/false));
  EXPECT_NE(std::find(found.begin(), found.end(), "missing trials/" + kA + ".h5"), found.end());
}

TEST_F(StudyCheckTest, AFileThatNothingVouchesForIsNeverSound) {
  const std::string sealed = test::read_file(folder_.trial(kA));
  const std::string id(32, 'e');
  test::write_file(folder_.trial(id), sealed.substr(512));  // plain HDF5, of whoever
  const auto found = defects(check_study(folder_, /*repair=*/false));
  EXPECT_EQ(found, std::vector<std::string>{"unverifiable trials/" + id + ".h5"});
}

TEST_F(StudyCheckTest, ATrialUnderAnotherNameIsDamaged) {
  const std::string id(32, 'e');
  fs::copy_file(folder_.trial(kA), folder_.trial(id));
  EXPECT_EQ(defects(check_study(folder_, /*repair=*/false)),
            std::vector<std::string>{"damaged trials/" + id + ".h5"});
}

TEST_F(StudyCheckTest, RemovesWhatWritersLeft) {
  test::write_file(folder_.tmp() / (kA + ".run.1"), "half");
  test::write_file(folder_.root() / "run" / ".plan.json.1.tmp", "half");
  EXPECT_EQ(check_study(folder_, /*repair=*/true).findings.size(), 2U);
  EXPECT_TRUE(fs::is_empty(folder_.tmp()));
}

TEST(ChildCheckTest, SaysHowACheckEnded) {
  EXPECT_EQ(problem_in_child([] {}, 10), "");
  EXPECT_EQ(problem_in_child([] { throw std::runtime_error("bad"); }, 10), "bad");
  EXPECT_NE(problem_in_child([] { ::raise(SIGSEGV); }, 10).find("Segmentation"), std::string::npos);
  EXPECT_NE(problem_in_child([] { ::pause(); }, 1).find("within 1 s"), std::string::npos);
}

}  // namespace
}  // namespace attempt::results
