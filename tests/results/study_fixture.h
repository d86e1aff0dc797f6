#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>

#include "results/publish.h"
#include "tests/results/sample_record.h"
#include "tests/support/test_support.h"

namespace attempt::test {

/// A study with a cache folder of its own.
class StudyTest : public ::testing::Test {
 protected:
  StudyTest() : folder_(temporary_.path() / "study") {
    folder_.create();
    ::setenv("XDG_CACHE_HOME", (temporary_.path() / "cache").c_str(), 1);
  }

  /// Publishes the sample trial under another id and seed, with this accuracy on RTE's test split.
  void publish(const std::string& trial_id, double accuracy, std::uint64_t seed = 42) const {
    results::TrialRecord record = sample_record();
    record.trial_id = trial_id;
    record.seed = seed;
    record.test.at("rte").metrics.at("accuracy") = accuracy;
    results::publish_trial(folder_, record, "run", 1);
  }

  void damage(const std::string& trial_id) const {
    std::string bytes = read_file(folder_.trial(trial_id));
    bytes[bytes.size() / 2] ^= 1;
    write_file(folder_.trial(trial_id), bytes);
  }

  const TemporaryFolder temporary_;
  results::StudyFolder folder_;
};

}  // namespace attempt::test
