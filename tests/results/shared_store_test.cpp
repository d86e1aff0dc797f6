#include "results/shared_store.h"

#include <gtest/gtest.h>

#include "results/digest.h"
#include "results/verify.h"
#include "tests/results/study_fixture.h"

namespace attempt::results {
namespace {

const std::string kId(32, 'a');

class SharedStoreTest : public test::StudyTest {
 protected:
  SharedStoreTest() : second_(temporary_ / "second"), store_(temporary_ / "store") {
    second_.create();
    publish(kId, 60);
  }

  const StudyFolder second_;
  const SharedStore store_;
};

TEST_F(SharedStoreTest, ASecondStudyTakesWhatTheFirstGave) {
  EXPECT_EQ(store_.take(second_, kId), "");
  EXPECT_TRUE(store_.give(folder_, kId));
  EXPECT_FALSE(store_.give(folder_, kId));
  EXPECT_EQ(store_.take(second_, kId), sha256_file(folder_.trial(kId)));
  EXPECT_EQ(verify_trial(second_, kId, nullptr).soundness, TrialSoundness::kSound);
}

TEST_F(SharedStoreTest, NeitherGivesNorTakesDamagedTrials) {
  store_.give(folder_, kId);
  damage(kId);
  EXPECT_FALSE(SharedStore(temporary_ / "other").give(folder_, kId));
  const StudyFolder inside(temporary_ / "store");
  std::string bytes = test::read_file(inside.trial(kId));
  bytes[bytes.size() / 2] ^= 1;
  test::write_file(inside.trial(kId), bytes);
  EXPECT_EQ(store_.take(second_, kId), "");
}

}  // namespace
}  // namespace attempt::results
