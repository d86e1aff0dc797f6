#include "results/results_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/digest.h"
#include "results/hdf5_reader.h"
#include "results/sealed_file.h"
#include "results/store_error.h"
#include "results/trial_record_io.h"
#include "tests/results/study_fixture.h"

namespace attempt::results {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Pair;

class ResultsFileTest : public test::StudyTest {
 protected:
  double accuracy_in(const std::vector<std::string>& ids, const std::string& trial_id) const {
    return write_results_file(folder_, ids).at(trial_id).test.at("rte").at("accuracy");
  }
};

TEST_F(ResultsFileTest, HoldsTheTrialsAndWhatItWasMadeFrom) {
  publish("a", 60);
  write_results_file(folder_, {"a"});
  publish("b", 61.5);
  write_results_file(folder_, {"b", "a", "absent"});

  const Hdf5Reader root(folder_.results_file());
  EXPECT_THAT(root.texts("trial_ids"), ElementsAre("b", "a"));
  EXPECT_THAT(root.texts("digests"),
              ElementsAre(sha256_file(folder_.trial("b")), sha256_file(folder_.trial("a"))));
  const TrialRecord read = read_record(root.group("trials").group("b"), TrialParts::kAll);
  EXPECT_EQ(read.test.at("rte").metrics.at("accuracy"), 61.5);
  EXPECT_EQ(read.train.loss, test::sample_record().train.loss);
  EXPECT_TRUE(read.parameters.empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.tmp()));
}

TEST_F(ResultsFileTest, ListsTheScoresOfAllTrialsInOneTable) {
  publish("a", 60);
  publish("b", 61.5);
  write_results_file(folder_, {"b", "a"});

  const Hdf5Reader root(folder_.results_file());
  const Hdf5Reader scores = root.group("scores");
  const std::vector<std::string> metrics = scores.texts("metric");
  std::vector<std::pair<std::int64_t, double>> accuracies;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (scores.texts("task")[i] != "rte" || metrics[i] != "accuracy") continue;
    accuracies.emplace_back(scores.integers("trial")[i], scores.numbers("value")[i]);
  }
  EXPECT_THAT(accuracies, ElementsAre(Pair(0, 61.5), Pair(1, 60)));
  EXPECT_THAT(root.integers("synthetic"), Each(test::sample_record().synthetic ? 1 : 0));
}

TEST_F(ResultsFileTest, WhatIsThereTellsTheSameScoresAsWhatIsMade) {
  publish("a", 60);
  const Scores made = write_results_file(folder_, {"a", "absent"});
  const auto written = std::filesystem::last_write_time(folder_.results_file());

  const Scores read = write_results_file(folder_, {"a", "absent"});

  EXPECT_EQ(std::filesystem::last_write_time(folder_.results_file()), written);
  EXPECT_EQ(read.size(), 1U);
  EXPECT_EQ(read.at("a").test, made.at("a").test);
  EXPECT_EQ(read.at("a").synthetic, made.at("a").synthetic);
}

TEST_F(ResultsFileTest, IsMadeAgainFromOtherOrChangedTrials) {
  publish("a", 60);
  EXPECT_EQ(accuracy_in({"a"}, "a"), 60);
  std::filesystem::remove(folder_.trial("a"));
  publish("a", 70);
  std::filesystem::remove(folder_.digest("a"));
  write_digest_file(folder_.trial("a"), sha256_file(folder_.trial("a")));

  EXPECT_EQ(accuracy_in({"a"}, "a"), 70);
  publish("b", 50);
  EXPECT_EQ(accuracy_in({"a", "b"}, "b"), 50);
}

TEST_F(ResultsFileTest, IsMadeAgainFromAnOlderReleasesThatListsNoScores) {
  publish("a", 60);
  write_results_file(folder_, {"a"});
  H5::H5File(folder_.results_file(), H5F_ACC_RDWR).unlink("scores");
  write_seal(folder_.results_file());
  ASSERT_EQ(check_seal(folder_.results_file()), Seal::kSound);

  EXPECT_EQ(accuracy_in({"a"}, "a"), 60);
  EXPECT_TRUE(Hdf5Reader(folder_.results_file()).has("scores"));
}

TEST_F(ResultsFileTest, TrialsWithoutTestScoresAreListedAndReadBackToo) {
  TrialRecord record = test::sample_record();  // as those of a search
  record.test.clear();
  publish_trial(folder_, record, "run", 1);
  const std::string& id = record.trial_id;
  EXPECT_TRUE(write_results_file(folder_, {id}).at(id).test.empty());
  const auto written = std::filesystem::last_write_time(folder_.results_file());

  const Scores read = write_results_file(folder_, {id});

  EXPECT_EQ(std::filesystem::last_write_time(folder_.results_file()), written);
  EXPECT_TRUE(read.at(id).test.empty());
  EXPECT_EQ(read.at(id).synthetic, record.synthetic);
}

TEST_F(ResultsFileTest, IsMadeAgainWhenDamaged) {
  publish("a", 60);
  write_results_file(folder_, {"a"});
  std::string bytes = test::read_file(folder_.results_file());
  bytes[bytes.size() / 2] ^= 1;
  test::write_file(folder_.results_file(), bytes);

  EXPECT_EQ(accuracy_in({"a"}, "a"), 60);
  EXPECT_NE(test::read_file(folder_.results_file()), bytes);
}

TEST_F(ResultsFileTest, RefusesADamagedTrial) {
  publish("a", 60);
  damage("a");

  EXPECT_THROW(write_results_file(folder_, {"a"}), StoreError);
  EXPECT_FALSE(std::filesystem::exists(folder_.results_file()));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.tmp()));
}

}  // namespace
}  // namespace attempt::results
