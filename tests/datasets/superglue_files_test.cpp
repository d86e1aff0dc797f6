#include <gmock/gmock.h>

#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SuperGlueFilesTest : public ::testing::Test {
 protected:
  DataFolder data;

  /// The first training example of a task whose two files hold `row` twice.
  Example first(const std::string& task, const std::string& folder, const std::string& row) {
    data.write(folder + "/train.jsonl", row + "\n\n" + row);
    data.write(folder + "/val.jsonl", row + "\n" + row);
    return data.load(task).train.at(0);
  }
};

TEST_F(SuperGlueFilesTest, ReadsBoolqAsFileAndAsExport) {
  const Example official =
      first("boolq", "superglue/BoolQ",
            R"({"question": "is it so", "passage": "It -- Yes.", "label": true, "idx": 7})");
  EXPECT_EQ(official.source, "superglue-boolq question: is it so passage: It -- Yes.");
  EXPECT_EQ(official.target, "1");
  EXPECT_EQ(official.id, "7");
  const Example exported = first("boolq", "superglue/BoolQ",
                                 R"({"idx": 7, "label": 0, "passage": "P", "question": "q"})");
  EXPECT_EQ(exported.target, "0");
}

TEST_F(SuperGlueFilesTest, NumbersTheClassesOfCbInItsOwnOrder) {
  const auto target = [this](const std::string& label) {
    return first("cb", "CB",
                 R"({"premise": "P.", "hypothesis": "h", "idx": 0, "label": )" + label + "}")
        .target;
  };
  EXPECT_EQ(target("\"entailment\""), "0");
  EXPECT_EQ(target("\"contradiction\""), "1");
  EXPECT_EQ(target("\"neutral\""), "2");
  EXPECT_EQ(target("2"), "2");
}

TEST_F(SuperGlueFilesTest, PutsTheWordOfWicLast) {
  const Example example =
      first("wic", "superglue/WiC",
            R"({"word": "place", "sentence1": "My place?", "sentence2": "No place.", "idx": 0,)"
            R"( "label": false, "start1": 3, "end1": 8, "start2": 3, "end2": 8, "version": 1.1})");
  EXPECT_EQ(example.source, "superglue-wic sentence1: My place? sentence2: No place. word: place");
  EXPECT_EQ(example.target, "0");
}

TEST_F(SuperGlueFilesTest, ReadsWscNestedAndFlat) {
  const std::string expected = "superglue-wsc.fixed text: * Mark * told Pete. # He # lied.";
  const Example nested = first(
      "wsc", "superglue/WSC",
      R"({"text": "Mark told Pete. He lied.", "target": {"span1_text": "Mark", "span1_index": 0,)"
      R"( "span2_text": "He", "span2_index": 3}, "idx": 0, "label": true})");
  EXPECT_EQ(nested.source, expected);
  EXPECT_EQ(nested.target, "1");
  const Example flat =
      first("wsc", "superglue/WSC",
            R"({"text": "Mark told Pete. He lied.", "span1_text": "Mark", "span1_index": 0,)"
            R"( "span2_text": "He", "span2_index": 3, "idx": 0, "label": 1})");
  EXPECT_EQ(flat.source, expected);
}

TEST_F(SuperGlueFilesTest, UsesAndCountsWscRowsWithoutTheirSpan) {
  const auto row = [](const std::string& id) {
    return R"({"text": "Mark lied.", "target": {"span1_text": "Mark", "span1_index": 0,)"
           R"( "span2_text": "she", "span2_index": 1}, "idx": )" +
           id + R"(, "label": true})";
  };
  data.write("WSC/train.jsonl", row("0") + "\n\n" + row("1"));
  data.write("WSC/val.jsonl", row("0") + "\n" + row("1"));
  EXPECT_EQ(data.load("wsc").train.at(0).source, "superglue-wsc.fixed text: * Mark * lied.");
  const FileReport report = data.load("wsc").reports[0];
  EXPECT_EQ(report.span_not_found, 2);
  EXPECT_EQ(report.bad, 0);
  EXPECT_THAT(report.messages[0],
              HasSubstr("train.jsonl:1: field 'target.span2_text': span_not_found (got: \"she\")"));
}

TEST_F(SuperGlueFilesTest, RefusesImpossibleWordNumbersOfWsc) {
  const std::string row =
      R"({"text": "Mark lied.", "span1_text": "Mark", "span1_index": 0,)"
      R"( "span2_text": "he", "span2_index": -9223372036854775808, "label": 1})";
  data.write("WSC/train.jsonl", row);
  data.write("WSC/val.jsonl", row);
  EXPECT_THAT(data.refusal("wsc"), HasSubstr("none of its 1 rows can be used"));
}

constexpr const char* kPassage =
    R"({"idx": 4, "version": 1.1, "passage": {"text": "<b>Sent 1: </b>It.<br><i>So.</i>",)"
    R"( "questions": [{"question": "What?", "sentences_used": [1], "idx": #, "answers":)"
    R"( [{"text": "It", "idx": 0, "label": 1}, {"text": "That", "idx": 1, "label": 0}]}]}})"
    "\n";

TEST_F(SuperGlueFilesTest, MakesAnExampleOfEachMultircAnswerWithoutTags) {
  data.write("superglue/MultiRC/train.jsonl", repeated(kPassage, 3));
  data.write("superglue/MultiRC/val.jsonl", repeated(kPassage, 5));
  const TaskData loaded = data.load("multirc");
  ASSERT_EQ(loaded.train.size(), 6U);
  EXPECT_EQ(loaded.train[3].source,
            "superglue-multirc question: What? answer: That paragraph: Sent 1: It. <i>So.</i>");
  EXPECT_EQ(loaded.train[3].target, "0");
  EXPECT_EQ(loaded.train[3].group, "4-1");
  EXPECT_EQ(loaded.train[3].id, "4-1-1");
  EXPECT_EQ(loaded.validation.size(), 4U);  // two of five questions, both answers of each
  EXPECT_EQ(loaded.test.size(), 6U);
  EXPECT_EQ(loaded.reports[0].rows, 3);
  EXPECT_EQ(loaded.reports[0].used, 6);
}

TEST_F(SuperGlueFilesTest, ReadsTheFlatExportOfMultirc) {
  const Example example =
      first("multirc", "hf_jsonl/multirc",
            R"({"paragraph": "P.", "question": "Q?", "answer": "A", "label": 1,)"
            R"( "idx": {"paragraph": 1, "question": 2, "answer": 3}})");
  EXPECT_EQ(example.source, "superglue-multirc question: Q? answer: A paragraph: P.");
  EXPECT_EQ(example.id, "1-2-3");
  EXPECT_EQ(example.group, "1-2");
}

TEST_F(SuperGlueFilesTest, NamesThePathOfABadFieldInARecord) {
  const std::string bad =
      R"({"idx": 1, "passage": {"text": "T", "questions": [{"question": "Q", "idx": 0,)"
      R"( "answers": [{"text": "A", "idx": 0, "label": 1}, {"text": "B", "idx": 1, "label": 5}]}]}})"
      "\n";
  data.write("MultiRC/train.jsonl", repeated(kPassage, 1) + bad);
  data.write("MultiRC/val.jsonl", repeated(kPassage, 2));
  const TaskData loaded = data.load("multirc");
  EXPECT_EQ(loaded.train.size(), 2U);
  EXPECT_THAT(loaded.reports[0].messages,
              ElementsAre(HasSubstr("train.jsonl:2: field 'passage.questions[0].answers[1].label': "
                                    "unknown_label (got: \"5\")")));
}

constexpr const char* kRecord =
    R"({"source": "X", "idx": 2, "passage": {"text": "Élan Vital of Ö met Al.\n@highlight\nAl left)"
    R"(\n@highlight\nÖ stayed", "entities": [{"start": 20, "end": 21}, {"start": 0, "end": 9},)"
    R"( {"start": 20, "end": 21}]}, "qas": [{"query": "@placeholder left", "idx": #, "answers":)"
    R"( [{"start": 20, "end": 21, "text": "Al"}, {"start": 0, "end": 9, "text": "Élan Vital"},)"
    R"( {"start": 20, "end": 21, "text": "Al"}]}]})"
    "\n";

TEST_F(SuperGlueFilesTest, ReadsRecordQueriesWithInclusiveCodePointOffsets) {
  data.write("superglue/ReCoRD/train.jsonl", repeated(kRecord, 1002));
  data.write("superglue/ReCoRD/val.jsonl", repeated(kRecord, 3));
  const TaskData loaded = data.load("record");
  ASSERT_EQ(loaded.test.size(), 3U);  // one a query
  EXPECT_EQ(loaded.test[0].source,
            "superglue-record record query: @placeholder left entities: Al, Élan Vital passage: "
            "Élan Vital of Ö met Al. Al left. Ö stayed");
  EXPECT_THAT(loaded.test[0].references, ElementsAre("Al", "Élan Vital"));
  EXPECT_EQ(loaded.validation.size(), 1000U);
  ASSERT_EQ(loaded.train.size(), 4U);  // one for each distinct answer of two queries
  EXPECT_EQ(loaded.counts.train, 2);
  EXPECT_EQ(loaded.train[0].target, "Al");
  EXPECT_EQ(loaded.train[1].target, "Élan Vital");
  EXPECT_EQ(loaded.train[0].source, loaded.train[1].source);
}

TEST_F(SuperGlueFilesTest, CapsRecordBeforeItsAnswersBecomeExamples) {
  data.write("superglue/ReCoRD/train.jsonl", repeated(kRecord, 1003));
  data.write("superglue/ReCoRD/val.jsonl", repeated(kRecord, 1));
  data.options.max_train_examples = 2;
  EXPECT_EQ(data.load("record").train.size(), 4U);
}

TEST_F(SuperGlueFilesTest, ReadsTheExportOfRecordAndDropsThePrefixBeforeRecord) {
  const std::string row =
      R"({"passage": "One said \"yes\"\n@highlight\nTwo", "query": "@placeholder", "entities":)"
      R"( ["Two", "One"], "answers": ["Two", "One", "Two"], "idx": {"passage": 3, "query": #}})"
      "\n";
  data.write("hf_jsonl/record/train.jsonl", repeated(row, 1001));
  data.write("hf_jsonl/record/validation.jsonl", repeated(row, 1));
  data.options.add_prefix = false;
  const Example example = data.load("record").test.at(0);
  EXPECT_EQ(example.source,
            "record query: @placeholder entities: One, Two passage: One said \"yes\" Two");
  EXPECT_THAT(example.references, ElementsAre("One", "Two"));
  EXPECT_EQ(example.id, "3-0");
}

TEST_F(SuperGlueFilesTest, RefusesOffsetsOutsideTheText) {
  const std::string row =
      R"({"idx": 1, "passage": {"text": "Al", "entities": [{"start": 0, "end": 2}]}, "qas": []})";
  data.write("ReCoRD/train.jsonl", repeated(kRecord, 1001) + row);
  data.write("ReCoRD/val.jsonl", repeated(kRecord, 1));
  EXPECT_THAT(data.load("record").reports[0].messages,
              ElementsAre(HasSubstr("train.jsonl:1002: field 'passage.entities[0].end': bad_offset "
                                    "(got: \"0..2\")")));
}

TEST_F(SuperGlueFilesTest, RecognisesTestFilesWithoutLabels) {
  data.write("WiC/train.jsonl",
             R"({"word": "w", "sentence1": "a", "sentence2": "b", "label": true})");
  data.write("WiC/val.jsonl", R"({"word": "w", "sentence1": "a", "sentence2": "b"})");
  EXPECT_THAT(data.refusal("wic"), HasSubstr("official test files have none"));
  data.options.files = {{"test", data.options.root / "WiC/test.jsonl"}};
  EXPECT_THAT(data.refusal("wic"), HasSubstr("its official test file has no labels"));
}

}  // namespace
}  // namespace attempt::datasets
