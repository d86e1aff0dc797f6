#include "results/digest.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "results/store_error.h"
#include "tests/support/test_support.h"

namespace attempt::results {
namespace {

namespace fs = std::filesystem;

void make_old(const fs::path& path) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
}

TEST(DigestTest, EqualsPublishedVectors) {
  // FIPS 180-2, appendix B.1 and B.2.
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(DigestTest, OfAFileLargerThanOneBlock) {
  const test::TemporaryFolder folder;
  const std::string bytes(9'000'001, 'x');
  test::write_file(folder / "a", bytes);

  EXPECT_EQ(sha256_file(folder / "a"), sha256(bytes));
  EXPECT_EQ(sha256_file_from(folder / "a", 9'000'000), sha256("x"));
  EXPECT_THROW(sha256_file(folder / "absent"), StoreError);
  EXPECT_THROW(sha256_file(folder.path()), StoreError);
}

TEST(FingerprintCacheTest, AnswersFromTheFileUntilTheFingerprintedFileChanges) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "data", "one");
  make_old(folder / "data");
  { FingerprintCache(folder / "cache/c.json").file_digest(folder / "data"); }
  auto json = nlohmann::json::parse(test::read_file(folder / "cache/c.json"));
  json["files"][(folder / "data").string()][3] = "remembered";
  test::write_file(folder / "cache/c.json", json.dump());

  EXPECT_EQ(FingerprintCache(folder / "cache/c.json").file_digest(folder / "data"), "remembered");
  test::write_file(folder / "data", "two");
  EXPECT_EQ(FingerprintCache(folder / "cache/c.json").file_digest(folder / "data"), sha256("two"));
}

TEST(FingerprintCacheTest, DoesNotKeepAFileThatMayStillChange) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "data", "one");

  FingerprintCache(folder / "c.json").file_digest(folder / "data");

  EXPECT_FALSE(fs::exists(folder / "c.json"));
}

TEST(FingerprintCacheTest, KeepsWhatAConcurrentWriterLearnt) {
  const test::TemporaryFolder folder;
  {
    FingerprintCache first(folder / "c.json");
    FingerprintCache second(folder / "c.json");
    first.store("a", "1");
    second.store("b", "2");
  }
  const FingerprintCache third(folder / "c.json");

  EXPECT_EQ(third.lookup("a"), "1");
  EXPECT_EQ(third.lookup("b"), "2");
  EXPECT_EQ(third.lookup("c"), "");
}

TEST(FingerprintCacheTest, LearnsWhatAnotherObjectLearnt) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "data", "one");
  make_old(folder / "data");
  FingerprintCache first(folder / "c.json");
  FingerprintCache second(folder / "d.json");
  first.file_digest(folder / "data");

  auto json = nlohmann::json::parse(first.learnt());
  json["files"][(folder / "data").string()][3] = "remembered";
  second.learn(json.dump());
  second.learn("no JSON");

  EXPECT_EQ(second.file_digest(folder / "data"), "remembered");
}

TEST(FingerprintCacheTest, DamagedFilesAreStartedAgain) {
  const test::TemporaryFolder folder;
  for (const char* text :
       {"", "{", "[1]", R"({"version": 1, "files": 3, "values": [1]})", R"({"version": "1"})",
        R"({"version": 1, "files": {"/a": [1, 2]}, "values": {"a": 7}})"}) {
    test::write_file(folder / "c.json", text);
    {
      FingerprintCache cache(folder / "c.json");
      EXPECT_EQ(cache.lookup("a"), "") << text;
      cache.store("a", "1");
    }
    EXPECT_EQ(FingerprintCache(folder / "c.json").lookup("a"), "1") << text;
  }
}

TEST(FingerprintCacheTest, AFolderThatCannotBeWrittenCostsNothingElse) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "file", "");
  test::write_file(folder / "data", "one");
  make_old(folder / "data");

  FingerprintCache cache(folder / "file/c.json");
  EXPECT_EQ(cache.file_digest(folder / "data"), sha256("one"));
  EXPECT_ANY_THROW(cache.save());
}

}  // namespace
}  // namespace attempt::results
