#include "datasets/token_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "datasets/token_arrays.h"
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

  std::vector<fs::path> files_ending(const std::string& end) const {
    std::vector<fs::path> found;
    for (const fs::path& file : files()) {
      if (file.filename().string().ends_with(end)) found.push_back(file);
    }
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

TEST_F(TokenCacheTest, OfSeveralProcessesAtOnceOneBuilds) {
  ATTEMPT_REQUIRE_SHARED(shared);
  constexpr int kBuilt = 10, kFound = 11;
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int code = 1;
      try {
        const TokenizedTask task = open(shared);
        if (task.train->size() == 2490) code = task.was_built ? kBuilt : kFound;
      } catch (...) {
      }
      _exit(code);
    }
    children.push_back(child);
  }
  std::vector<int> codes;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  EXPECT_THAT(codes, testing::UnorderedElementsAre(kBuilt, kFound, kFound, kFound));
  EXPECT_EQ(files().size(), 1U);  // neither locks nor unfinished files stay
}

TEST_F(TokenCacheTest, AKilledBuilderLeavesNothingThatIsRead) {
  ATTEMPT_REQUIRE_SHARED(shared);
  int killed = 0;
  for (int milliseconds = 1; milliseconds < 2000 && files_ending(".h5").empty();
       milliseconds += milliseconds / 4 + 3) {
    const pid_t child = fork();
    if (child == 0) {
      open(shared);
      _exit(0);
    }
    usleep(static_cast<useconds_t>(milliseconds) * 1000);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    killed += WIFSIGNALED(status) ? 1 : 0;
    for (const fs::path& file : files_ending(".h5"))  // published: then it is whole
      EXPECT_TRUE(open_token_file(file).has_value()) << milliseconds << " ms";
  }
  EXPECT_GT(killed, 0);
  test::write_file(cache.path() / (".unrelated.tmp"), "");  // somebody else's
  EXPECT_EQ(open(shared).train->size(), 2490);
  EXPECT_EQ(files_ending(".h5").size(), 1U);
}

TEST_F(TokenCacheTest, WhatAKilledBuilderLeftIsRemovedByTheNext) {
  ATTEMPT_REQUIRE_SHARED(shared);
  open(shared);
  const fs::path published = files().at(0);
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  const std::string left = "." + published.filename().string() + "." + host + ".1.tmp";
  fs::rename(published, cache.path() / left);
  EXPECT_TRUE(open(shared).was_built);
  EXPECT_EQ(files(), std::vector<fs::path>{published});
}

TEST_F(TokenCacheTest, IsKeyedByDataTokenizerAndRules) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const auto built = [&](const LoadOptions& options, const TokenCacheKey& key) {
    return open_token_cache(cache.path(), find_task("rte"), options, key,
                            shared / "data/tokenizer/spiece.model")
        .was_built;
  };
  const LoadOptions options{.root = shared / "data"};
  EXPECT_TRUE(built(options, {"data", "tokenizer"}));
  EXPECT_FALSE(built(options, {"data", "tokenizer"}));
  EXPECT_TRUE(built(options, {"other data", "tokenizer"}));
  EXPECT_TRUE(built(options, {"data", "other tokenizer"}));
  LoadOptions bare = options;
  bare.add_prefix = false;
  EXPECT_TRUE(built(bare, {"data", "tokenizer"}));
}

TEST(TokenizeExamplesTest, GivesTheSameWithAnyNumberOfThreads) {
  ATTEMPT_REQUIRE_SHARED(shared);
  const TaskData data = load_task(find_task("rte"), {.root = shared / "data"});
  const Tokenizer tokenizer(shared / "data/tokenizer/spiece.model");
  const TokenArrays one = tokenize_examples(data.train, tokenizer, 1);
  const TokenArrays three = tokenize_examples(data.train, tokenizer, 3);
  EXPECT_EQ(one.source_ids, three.source_ids);
  EXPECT_EQ(one.source_offsets, three.source_offsets);
  EXPECT_EQ(one.target_offsets, three.target_offsets);
  EXPECT_EQ(one.records, three.records);
  EXPECT_EQ(one.record_offsets, three.record_offsets);
}

/// Bytes of memory of this process that belong to no file.
std::int64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) return kilobytes * 1024;
  }
  return -1;
}

TEST(TokenFileTest, ExamplesThatAreReadAddNoMemoryOfTheirOwn) {
  constexpr std::int64_t kExamples = 100'000, kIds = 64;
  const test::TemporaryFolder folder;
  {
    TokenFileContent content = small_content();
    for (std::int64_t i = 1; i < kExamples; ++i) {
      content.train.source_ids.resize(content.train.source_ids.size() + kIds, 5);
      content.train.source_offsets.push_back(content.train.source_offsets.back() + kIds);
      content.train.target_ids.push_back(9);
      content.train.target_offsets.push_back(content.train.target_offsets.back() + 1);
      content.train.records += R"(["a","x",["x"],"",0])";
      content.train.record_offsets.push_back(
          static_cast<std::int64_t>(content.train.records.size()));
    }
    write_token_file(folder / "cache.h5", content);
  }
  malloc_trim(0);
  const std::int64_t before = anonymous_bytes();
  ASSERT_GT(before, 0);
  const auto opened = open_token_file(folder / "cache.h5");
  ASSERT_TRUE(opened.has_value());
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < opened->train->size(); ++i) sum += opened->train->source_ids(i)[0];
  EXPECT_EQ(sum, 5 * kExamples);
  // Its ids alone are 26 MB. 75 MB is the share of these of the 300 MB that 400,000 may take.
  EXPECT_LT(anonymous_bytes() - before, 8 << 20);
}

}  // namespace
}  // namespace attempt::datasets
