#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "datasets/data_error.h"
#include "datasets/task_data.h"
#include "tests/support/test_support.h"

namespace attempt::datasets {
namespace {

using ::testing::HasSubstr;

std::string rte_rows(int count) {
  std::string rows = "index\tsentence1\tsentence2\tlabel\n";
  for (int i = 0; i < count; ++i) {
    rows += std::to_string(i) + "\tOne \"quote.\tTwo.\t" +
            (i % 2 == 0 ? "entailment" : "not_entailment") + "\n";
  }
  return rows;
}

/// A data root with RTE files whose train file is given.
class RteFilesTest : public ::testing::Test {
 protected:
  test::TemporaryFolder root;
  LoadOptions options{.root = root.path()};

  void SetUp() override { test::write_file(root / "glue/RTE/dev.tsv", rte_rows(6)); }

  TaskData load(const std::string& train) {
    test::write_file(root / "glue/RTE/train.tsv", train);
    return load_task(find_task("rte"), options);
  }

  std::string refusal(const std::string& train) {
    try {
      load(train);
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  }
};

TEST_F(RteFilesTest, MakesSourceTargetAndHalvedSplits) {
  const TaskData data = load(rte_rows(4));
  ASSERT_EQ(data.train.size(), 4U);
  EXPECT_EQ(data.train[1].source, "rte sentence1: One \"quote. sentence2: Two.");
  EXPECT_EQ(data.train[0].target, "0");
  EXPECT_EQ(data.train[1].target, "1");
  EXPECT_EQ(data.validation.size(), 3U);
  EXPECT_EQ(data.test.size(), 3U);
}

TEST_F(RteFilesTest, DropsThePrefixWhenAsked) {
  options.add_prefix = false;
  EXPECT_EQ(load(rte_rows(1)).train[0].source, "sentence1: One \"quote. sentence2: Two.");
}

TEST_F(RteFilesTest, CountsBadRowsWithFileLineFieldAndReason) {
  const TaskData data =
      load(rte_rows(2) + "7\ttoo few\tentailment\n8\tA\tB\tperhaps\n9\tA\t\xC3(\tentailment\n");
  EXPECT_EQ(data.train.size(), 2U);
  const FileReport& report = data.reports[0];
  EXPECT_EQ(report.bad, 3);
  EXPECT_EQ(report.rows, 5);
  ASSERT_EQ(report.messages.size(), 3U);
  EXPECT_THAT(report.messages[0],
              HasSubstr("train.tsv:4: field '3 fields instead of 4': field_count"));
  EXPECT_THAT(report.messages[1],
              HasSubstr("train.tsv:5: field 'label': unknown_label (got: \"\"perhaps\"\")"));
  EXPECT_THAT(report.messages[2], HasSubstr("bad_utf8"));
}

TEST_F(RteFilesTest, LeavesOutARepetitionOfARow) {
  const std::string row = "7\tA\tB\tentailment\n";
  const TaskData data = load(rte_rows(2) + row + row + "7\tother text\tB\tentailment\n");
  EXPECT_EQ(data.train.size(), 4U);  // an id that other texts have too is no fault
  EXPECT_EQ(data.reports[0].bad, 1);
  EXPECT_THAT(data.reports[0].messages[0],
              HasSubstr("train.tsv:5: field 'id': duplicate_id (got: \"7\")"));
}

TEST_F(RteFilesTest, RefusesAFileThatIsJoinedWithItself) {
  const std::string rows = rte_rows(12);
  EXPECT_THAT(refusal(rows + rows.substr(rows.find('\n') + 1)), HasSubstr("duplicate_id"));
}

TEST_F(RteFilesTest, RefusesTooManyBadRows) {
  options.max_bad_rows = 1;
  EXPECT_THAT(refusal(rte_rows(2) + "x\ny\n"), HasSubstr("more than 1 bad rows"));
}

TEST_F(RteFilesTest, RefusesAHeaderWithoutANeededColumn) {
  EXPECT_THAT(refusal("index\tsentence1\tsentence2\n1\ta\tb\n"),
              HasSubstr("has no column 'label'"));
}

TEST_F(RteFilesTest, RefusesAnUnlabelledFile) {
  EXPECT_THAT(refusal("index\tsentence1\tsentence2\tlabel\n1\ta\tb\t\n"),
              HasSubstr("1 without a label"));
}

TEST_F(RteFilesTest, ReadsByteOrderMarkCarriageReturnsAndMissingLastLineBreak) {
  const TaskData data = load(
      "\xEF\xBB\xBFindex\tsentence1\tsentence2\tlabel\r\n1\ta\tb\tentailment\r\n2\tc\td\tnot_"
      "entailment");
  ASSERT_EQ(data.train.size(), 2U);
  EXPECT_EQ(data.train[1].source, "rte sentence1: c sentence2: d");
}

TEST_F(RteFilesTest, ReadsJsonLinesAndTheSuperGlueFieldNames) {
  const TaskData data = load(
      "{\"premise\": \"p\", \"hypothesis\": \"h\", \"label\": \"not_entailment\", \"idx\": 3}\n"
      "\n{\"idx\": 4, \"label\": 0, \"sentence2\": \"h\", \"sentence1\": \"p\"}");
  ASSERT_EQ(data.train.size(), 2U);
  EXPECT_EQ(data.train[0].source, "rte sentence1: p sentence2: h");
  EXPECT_EQ(data.train[0].target, "1");
  EXPECT_EQ(data.train[0].id, "3");
  EXPECT_EQ(data.train[1].target, "0");
}

TEST_F(RteFilesTest, NamesTheByteOfDamagedJson) {
  const TaskData data =
      load("{\"premise\": \"p\", \"hypothesis\": \"h\", \"label\": 0}\n{\"premise\": \n" +
           std::string(100000, '[') + "\n");
  EXPECT_EQ(data.train.size(), 1U);
  EXPECT_EQ(data.reports[0].bad, 2);
  EXPECT_THAT(data.reports[0].messages[0], HasSubstr("train.tsv:2: field 'byte "));
}

TEST_F(RteFilesTest, ReadsGzipByContent) {
  const std::string text = rte_rows(3);
  std::filesystem::create_directories(root / "glue/RTE");
  gzFile file = gzopen((root / "glue/RTE/train.tsv").c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  EXPECT_EQ(load_task(find_task("rte"), options).train.size(), 3U);
}

TEST_F(RteFilesTest, WarnsAboutCountsOrRefusesThem) {
  EXPECT_THAT(load(rte_rows(4)).warnings[0],
              HasSubstr("train has 4 examples (the official files give 2490)"));
  options.strict_counts = true;
  EXPECT_THAT(refusal(rte_rows(4)), HasSubstr("strict_counts"));
}

TEST_F(RteFilesTest, SaysWhatItLookedForWhenAFileIsMissing) {
  try {
    load_task(find_task("cola"), options);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("holds no train file of task 'cola' (looked for train.tsv"));
  }
}

TEST_F(RteFilesTest, TakesFilesNamedOneByOne) {
  test::write_file(root / "elsewhere.tsv", rte_rows(5));
  options.files = {{"train", root / "elsewhere.tsv"}};
  EXPECT_EQ(load_task(find_task("rte"), options).train.size(), 5U);
}

TEST(FindTaskTest, KnowsShortLongAndOtherNames) {
  EXPECT_EQ(find_task("sst-2").name, "sst2");
  EXPECT_EQ(find_task("glue/stsb").name, "stsb");
  EXPECT_EQ(all_tasks().size(), 23U);
  EXPECT_THROW(find_task("rtee"), std::invalid_argument);
}

TEST(SquadFilesTest, PadsQuestionsContextsAndEveryDistinctAnswer) {
  const test::TemporaryFolder root;
  const auto document = [](int questions) {
    std::string text =
        "{\"version\": \"1.1\", \"data\": [{\"title\": \"T\", \"paragraphs\": [{\"context\": \" "
        "It's red.\", \"qas\": [";
    for (int i = 0; i < questions; ++i) {
      text +=
          (i == 0 ? "" : ",") + std::string("{\"id\": \"q") + std::to_string(i) +
          "\", \"question\": \"What?\", \"answers\": [{\"text\": \"red.\", \"answer_start\": 5}, "
          "{\"text\": \"red.\", \"answer_start\": 5}, {\"text\": \"It\", \"answer_start\": 0}]}";
    }
    return text + "]}]}]}";
  };
  test::write_file(root / "squad/train-v1.1.json", document(1003));
  test::write_file(root / "squad/dev-v1.1.json", document(2));
  const TaskData data = load_task(find_task("squad"), {.root = root.path()});
  EXPECT_EQ(data.train.size(), 3U);
  EXPECT_EQ(data.validation.size(), 1000U);
  ASSERT_EQ(data.test.size(), 2U);
  EXPECT_EQ(data.test[0].source, "squad question: What ?  context: It ' s red . ");
  EXPECT_EQ(data.test[0].target, "red . ");
  EXPECT_THAT(data.test[0].references, ::testing::ElementsAre("red . ", "It"));
  EXPECT_EQ(data.test[1].id, "q1");
}

}  // namespace
}  // namespace attempt::datasets
