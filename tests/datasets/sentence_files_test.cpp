#include <gmock/gmock.h>

#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SentenceFilesTest : public ::testing::Test {
 protected:
  DataFolder data;

  std::vector<std::string> targets(const std::vector<Example>& examples) {
    std::vector<std::string> found;
    for (const Example& example : examples) found.push_back(example.target);
    return found;
  }
};

constexpr const char* kWinogrande =
    R"({"qID": "Q#", "sentence": "A beat B so _ won.", "option1": "A", "option2": "B",)"
    R"( "answer": "1"})"
    "\n";

TEST_F(SentenceFilesTest, ReadsTheLargestTrainingSetOfWinogrande) {
  data.write("winogrande_1.1/train_xl.jsonl", repeated(kWinogrande, 1002));
  data.write("winogrande_1.1/train_s.jsonl", repeated(kWinogrande, 1));
  data.write("winogrande_1.1/dev.jsonl", repeated(kWinogrande, 1));
  const TaskData loaded = data.load("winogrande");
  EXPECT_EQ(loaded.train.size(), 2U);
  EXPECT_EQ(loaded.test.at(0).source,
            "winogrande sentence: A beat B so _ won. option0: A option1: B");
  EXPECT_EQ(loaded.test.at(0).target, "0");
  EXPECT_EQ(loaded.test.at(0).id, "Q0");
}

TEST_F(SentenceFilesTest, RefusesTheUnlabelledTestFileOfWinogrande) {
  data.write("winogrande/train_xl.jsonl", repeated(kWinogrande, 1002));
  data.write("winogrande/dev.jsonl",
             R"({"qID": "Q1", "sentence": "_", "option1": "A", "option2": "B"})"
             "\n"
             R"({"qID": "Q2", "sentence": "_", "option1": "A", "option2": "B", "answer": ""})");
  EXPECT_THAT(data.refusal("winogrande"), HasSubstr("(2 without a label)"));
}

TEST_F(SentenceFilesTest, ReadsTheThreeFormatsOfScitail) {
  data.write("SciTailV1.1/tsv_format/scitail_1.0_train.tsv",
             "A \"b c.\tH, 1\tentails\r\nD \"e\tf\tneutral\nG\th");
  data.write("SciTailV1.1/snli_format/scitail_1.0_dev.txt",
             R"({"annotator_labels": ["neutral"], "gold_label": "neutral", "sentence1": "P",)"
             R"( "sentence2": "H", "pairID": "7"})");
  data.write("SciTailV1.1/predictor_format/scitail_1.0_structure_test.jsonl",
             R"({"sentence1": "P", "sentence2": "H", "gold_label": "entails", "answer": "x"})"
             "\n"
             R"({"sentence1": "P", "sentence2": "H", "gold_label": "entailment"})"
             "\n"
             R"({"sentence1": "P", "sentence2": "H", "gold_label": "not_entailment"})");
  const TaskData loaded = data.load("scitail");
  ASSERT_EQ(loaded.train.size(), 2U);  // the stray quotes join no rows
  EXPECT_EQ(loaded.train[0].source, "scitail premise: A \"b c. hypothesis: H, 1");
  EXPECT_THAT(targets(loaded.train), ElementsAre("0", "1"));
  EXPECT_THAT(loaded.reports[0].messages,
              ElementsAre(HasSubstr("scitail_1.0_train.tsv:3: field '2 fields instead of 3'")));
  EXPECT_THAT(targets(loaded.validation), ElementsAre("1"));
  EXPECT_EQ(loaded.validation[0].id, "7");
  EXPECT_THAT(targets(loaded.test), ElementsAre("0", "0", "1"));
}

TEST_F(SentenceFilesTest, PrefersTheSnliFormatOfScitail) {
  for (const char* split : {"train", "dev", "test"}) {
    const std::string file = std::string("scitail_1.0_") + split;
    data.write("scitail/SciTailV1.1/tsv_format/" + file + ".tsv", "tsv\tH\tentails\n");
    data.write("scitail/SciTailV1.1/snli_format/" + file + ".txt",
               R"({"gold_label": "neutral", "sentence1": "snli", "sentence2": "H"})");
  }
  EXPECT_EQ(data.load("scitail").train.at(0).source, "scitail premise: snli hypothesis: H");
}

TEST_F(SentenceFilesTest, ReadsPawsWithAndWithoutHeader) {
  data.write("paws/final/train.tsv",
             "id\tsentence1\tsentence2\tlabel\n1\tA `` b ''\tB\t1\n2\tC\tD\t0\n3\tE\tF\t2\n");
  data.write("paws/final/dev.tsv", "A\tB\t0\n");
  data.write("paws/final/test.tsv", R"({"id": 4, "sentence1": "A", "sentence2": "B", "label": 1})");
  const TaskData loaded = data.load("paws");
  EXPECT_EQ(loaded.train.at(0).source, "paws sentence1: A `` b '' sentence2: B");
  EXPECT_THAT(targets(loaded.train), ElementsAre("1", "0"));
  EXPECT_THAT(loaded.reports[0].messages, ElementsAre(HasSubstr("train.tsv:4: field 'label'")));
  EXPECT_EQ(loaded.validation.at(0).source, "paws sentence1: A sentence2: B");
  EXPECT_EQ(loaded.test.at(0).id, "4");
}

TEST_F(SentenceFilesTest, RefusesGlueTestFilesByTheirHeader) {
  data.write("glue/CoLA/train.tsv", "gj04\t1\t\tA good one.\ngj04\t0\t*\tBad a.\n");
  data.write("glue/CoLA/dev.tsv", "index\tsentence\n0\tWho knows.\n");
  EXPECT_THAT(data.refusal("cola"),
              HasSubstr("has no column 'label' (official test files have no labels"));
}

TEST_F(SentenceFilesTest, SplitsTheOriginalMrpcCorpusByItsIdList) {
  std::string corpus = "\xEF\xBB\xBFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n";
  corpus += repeated("1\t10#\t20#\tS \"#.\tT #.\n", 5);
  data.write("MRPC/msr_paraphrase_train.txt", corpus);
  data.write("MRPC/dev_ids.tsv", "103\t203\n101\t201\n");
  const TaskData loaded = data.load("mrpc");
  ASSERT_EQ(loaded.train.size(), 3U);
  EXPECT_EQ(loaded.train[1].source, "mrpc sentence1: S \"2. sentence2: T 2.");
  ASSERT_EQ(loaded.validation.size() + loaded.test.size(), 2U);
  EXPECT_EQ(loaded.validation[0].id == "101-201" ? loaded.test[0].id : loaded.validation[0].id,
            "103-203");
}

TEST_F(SentenceFilesTest, ReadsYelpAsCsvAndAsExport) {
  data.write("yelp_review_polarity_csv/train.csv", repeated("\"2\",\"Good #.\"\n", 1001));
  data.write("yelp_review_polarity_csv/test.csv",
             "\"1\",\"They said \"\"no\"\",\\ntwice. \"\n\"2\",\"Two\nlines, one review\"\n"
             "\"3\",\"x\"\n\"2\",\"open");
  const TaskData loaded = data.load("yelp");
  EXPECT_THAT(targets(loaded.test), ElementsAre("0", "1"));
  EXPECT_EQ(loaded.test[0].source, "yelp_polarity sentence: They said \"no\", twice.");
  EXPECT_EQ(loaded.test[1].source, "yelp_polarity sentence: Two\nlines, one review");
  EXPECT_THAT(loaded.reports[1].messages,
              ElementsAre(HasSubstr("test.csv:4: field 'class': unknown_label (got: \"3\")"),
                          HasSubstr("test.csv:5: field 'open quote': field_count")));

  data.write("hf_jsonl/yelp/test.jsonl",
             R"({"text": "They said \"\"no\"\",\\ntwice. ", "label": 0})");
  data.options.files = {{"test", data.options.root / "hf_jsonl/yelp/test.jsonl"}};
  EXPECT_EQ(data.load("yelp").test.at(0).source, loaded.test[0].source);
}

TEST_F(SentenceFilesTest, CapsYelpUnlessTheCapIsLifted) {
  data.write("yelp/train.csv", repeated("\"2\",\"g#\"\n", 101010));
  data.write("yelp/test.csv", "\"1\",\"bad\"\n");
  EXPECT_EQ(data.load("yelp").train.size(), 100000U);
  data.options.max_train_examples = kNoCap;
  EXPECT_EQ(data.load("yelp").train.size(), 100010U);
}

TEST_F(SentenceFilesTest, CountsRowsWithAnEmptyText) {
  data.write("QQP/train.tsv", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n" +
                                  repeated("#\t1\t2\tA?\tB?\t0\n", 1000) + "7\t1\t2\t\tB?\t1\n");
  data.write("QQP/dev.tsv",
             "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t1\t2\tA\tB\t1\n");
  const FileReport report = data.load("qqp").reports[0];
  EXPECT_EQ(report.empty_text, 1);
  EXPECT_EQ(report.used, 1001);
}

}  // namespace
}  // namespace attempt::datasets
