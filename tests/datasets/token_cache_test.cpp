#include "datasets/token_cache.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "datasets/token_file.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

namespace fs = std::filesystem;

TokenFileContent small_content() {
  TokenFileContent content;
  content.train.source_ids = {5, 6, 7};
  content.train.source_offsets = {0, 3};
  content.train.target_ids = {9};
  content.train.target_offsets = {0, 1};
  content.train.records = R"(["a","x",["x"],"",0])";
  content.train.record_offsets = {0, static_cast<std::int64_t>(content.train.records.size())};
  content.reports = "[]";
  return content;
}

TEST(TokenFileTest, GivesBackWhatWasWritten) {
  const test::TemporaryFolder folder;
  write_token_file(folder / "cache.h5", small_content());
  const auto opened = open_token_file(folder / "cache.h5");
  ASSERT_TRUE(opened.has_value());
  ASSERT_EQ(opened->train->size(), 1);
  EXPECT_EQ(opened->train->source_ids(0)[2], 7);
  EXPECT_EQ(opened->train->example(0).id, "a");
  EXPECT_EQ(opened->validation->size(), 0);
}

TEST(TokenFileTest, NoDamagedFileIsRead) {
  const test::TemporaryFolder folder;
  write_token_file(folder / "cache.h5", small_content());
  const std::string whole = test::read_file(folder / "cache.h5");
  for (std::size_t i = 0; i < whole.size(); i += 97) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    if (i >= 82 && i < 512) continue;  // the unused part of the seal
    test::write_file(folder / "damaged.h5", damaged);
    EXPECT_FALSE(open_token_file(folder / "damaged.h5").has_value()) << "byte " << i;
    test::write_file(folder / "short.h5", whole.substr(0, i));
    EXPECT_FALSE(open_token_file(folder / "short.h5").has_value()) << "length " << i;
  }
  EXPECT_FALSE(open_token_file(folder / "absent.h5").has_value());
}

/// Real RTE files and tokenizer: what a study does.
class TokenCacheTest : public ::testing::Test {
 protected:
  test::TemporaryFolder cache;

  TokenizedTask open(const fs::path& shared) {
    return open_token_cache(cache.path(), find_task("rte"), {.root = shared / "data"},
                            {"data", "tokenizer"}, shared / "data/tokenizer/spiece.model");
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(cache.path())) found.push_back(entry.path());
    return found;
  }
};

TEST_F(TokenCacheTest, IsBuiltOnceAndHoldsWhatLoadingGives) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TokenizedTask built = open(shared);
  ASSERT_EQ(files().size(), 1U);
  const auto written = fs::last_write_time(files()[0]);
  const TokenizedTask again = open(shared);
  EXPECT_EQ(fs::last_write_time(files()[0]), written);
  EXPECT_EQ(again.train->size(), 2490);
  EXPECT_EQ(again.test->size(), 139);

  const TaskData data = load_task(find_task("rte"), {.root = shared / "data"});
  const Tokenizer tokenizer(shared / "data/tokenizer/spiece.model");
  const auto ids = tokenizer.encode(data.test[5].source);
  const auto cached = again.test->source_ids(5);
  EXPECT_EQ(std::vector<std::int32_t>(cached.begin(), cached.end()), ids);
  EXPECT_EQ(again.test->example(5).id, data.test[5].id);
  EXPECT_EQ(built.reports[0].rows, 2490);
}

TEST_F(TokenCacheTest, ADamagedFileIsBuiltAgain) {
  ATTEMPT_REQUIRE_SHARED(shared);
  open(shared);
  std::string bytes = test::read_file(files()[0]);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  test::write_file(files()[0], bytes);
  EXPECT_EQ(open(shared).train->size(), 2490);
  EXPECT_TRUE(open_token_file(files()[0]).has_value());
}

TEST_F(TokenCacheTest, SeveralProcessesAtOncePublishOneFile) {
  ATTEMPT_REQUIRE_SHARED(shared);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int code = 1;
      try {
        code = open(shared).train->size() == 2490 ? 0 : 1;
      } catch (...) {
      }
      _exit(code);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files().size(), 1U);
}

}  // namespace
}  // namespace attempt::datasets
