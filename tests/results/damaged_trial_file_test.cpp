#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "results/store_error.h"
#include "results/trial_file.h"
#include "tests/results/sample_record.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

/// Small on purpose: most bytes of the file then mean something.
TrialRecord small_record() {
  TrialRecord record = test::sample_record();
  record.config = "[sweep]";
  return record;
}

/// Anything but a StoreError or success ends the process or the test.
bool is_refused(const std::filesystem::path& path, const std::string& bytes) {
  test::write_file(path, bytes);
  try {
    read_trial_file(path);
    return false;
  } catch (const StoreError&) {
    return true;
  }
}

TEST(DamagedTrialFileTest, TruncatedAnywhereIsAnError) {
  const test::TemporaryFolder folder;
  write_trial_file(folder / "a.h5", small_record());
  const std::string whole = test::read_file(folder / "a.h5");

  for (std::size_t size = 0; size < whole.size(); size += 97) {
    EXPECT_TRUE(is_refused(folder / "b.h5", whole.substr(0, size))) << size;
  }
}

TEST(DamagedTrialFileTest, EveryFlippedBitIsAnError) {
  const test::TemporaryFolder folder;
  write_trial_file(folder / "a.h5", small_record());
  const std::string whole = test::read_file(folder / "a.h5");
  std::mt19937 random(7);

  for (int i = 0; i < 400; ++i) {
    std::string bytes = whole;
    const std::size_t place = random() % bytes.size();
    bytes[place] = static_cast<char>(bytes[place] ^ (1 << (random() % 8)));
    EXPECT_TRUE(is_refused(folder / "b.h5", bytes)) << place;
  }
}

TEST(DamagedTrialFileTest, EveryOverwrittenStretchIsAnError) {
  const test::TemporaryFolder folder;
  write_trial_file(folder / "a.h5", small_record());
  const std::string whole = test::read_file(folder / "a.h5");
  std::mt19937 random(8);

  for (int i = 0; i < 400; ++i) {
    std::string bytes = whole;
    const std::size_t place = random() % bytes.size();
    const std::size_t length = 1 + random() % 64;
    const char filling = i % 3 == 0 ? '\xff' : '\0';
    for (std::size_t at = place; at < std::min(place + length, bytes.size()); ++at) {
      bytes[at] = i % 3 == 2 ? static_cast<char>(random()) : filling;
    }
    if (bytes == whole) continue;
    EXPECT_TRUE(is_refused(folder / "b.h5", bytes)) << place;
  }
}

}  // namespace
}  // namespace attempt::results
