#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "datasets/split_rules.h"
#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;

/// Each key of tasks.md section 9 that acts on data: the corrected behaviour, then the authors'.
class DeviationKeysTest : public ::testing::Test {
 protected:
  DataFolder data;

  TaskData load(const std::string& task, const std::string& key = "") {
    data.options.rules = DataRules();
    if (!key.empty()) set_rule(data.options.rules, key, "authors");
    return data.load(task);
  }

  /// The same row as every file of a task; enough of them for a validation split of 1,000.
  void write(const std::string& train, const std::string& held_out, const std::string& row) {
    data.write(train, repeated(row + "\n", 1001));
    data.write(held_out, repeated(row + "\n", 2));
  }
};

TEST_F(DeviationKeysTest, WinograndeOptions) {
  write("winogrande/train_xl.jsonl", "winogrande/dev.jsonl",
        R"({"sentence": "_ won.", "option1": "A", "option2": "B", "answer": "2"})");
  EXPECT_EQ(load("winogrande").test[0].source, "winogrande sentence: _ won. option0: A option1: B");
  EXPECT_EQ(load("winogrande", "winogrande.options").test[0].source,
            "winogrande sentence: _ won. option0: A option1: A");
}

TEST_F(DeviationKeysTest, StsbRoundAndReference) {
  const std::string rows = "sentence1\tsentence2\tscore\nA\tB\t3.867\nA\tB\t4.909\n";
  data.write("STS-B/train.tsv", rows);
  data.write("STS-B/dev.tsv", rows);
  const Example corrected = load("stsb").train[0];
  EXPECT_EQ(corrected.target, "3.8");
  EXPECT_THAT(corrected.references, ElementsAre("3.867"));
  const Example rounded = load("stsb", "stsb.round").train[0];
  EXPECT_EQ(rounded.target, "3.9");
  EXPECT_THAT(rounded.references, ElementsAre("3.867"));
  EXPECT_THAT(load("stsb", "stsb.reference").train[0].references, ElementsAre("3.8"));
}

TEST_F(DeviationKeysTest, WscMark) {
  const std::string row =
      R"({"text": "Do their mothers know?", "span1_text": "their mothers", "span1_index": 1,)"
      R"( "span2_text": "their", "span2_index": 1, "label": 1})";
  data.write("WSC/train.jsonl", row);
  data.write("WSC/val.jsonl", row + "\n" + row);
  EXPECT_EQ(load("wsc").train[0].source,
            "superglue-wsc.fixed text: Do * # their # mothers * know?");
  const TaskData authors = load("wsc", "wsc.mark");
  EXPECT_EQ(authors.train[0].source, "superglue-wsc.fixed text: Do * their mothers * know?");
  EXPECT_EQ(authors.reports[0].span_not_found, 1);
}

TEST_F(DeviationKeysTest, TargetsAndReferencesOfMrqa) {
  write("newsqa/train.jsonl", "newsqa/dev.jsonl",
        R"({"context": "c", "question": "q", "answers": ["one.", "two"]})");
  const Example corrected = load("newsqa").test[0];
  EXPECT_EQ(corrected.target, "one . ");
  EXPECT_THAT(corrected.references, ElementsAre("one . ", "two"));
  const Example joined = load("newsqa", "qa.target").test[0];
  EXPECT_EQ(joined.target, "one . two");
  EXPECT_THAT(joined.references, ElementsAre("one . ", "two"));
  EXPECT_THAT(load("newsqa", "qa.references").test[0].references, ElementsAre("one . "));
}

TEST_F(DeviationKeysTest, TargetsAndTestSplitOfSquad) {
  write("squad/train.jsonl", "squad/validation.jsonl",
        R"({"id": "q#", "context": "In October 1973.", "question": "When?", "answers":)"
        R"( {"text": ["October 1973"], "answer_start": [29]}})");
  const TaskData corrected = load("squad");
  EXPECT_EQ(corrected.test[0].target, "October 1973");
  EXPECT_EQ(corrected.test.size(), 2U);
  EXPECT_EQ(load("squad", "qa.target").test[0].target,
            " { ' text ' : [ ' October 1973 ' ] , ' answer_start ' : [ 29 ] } ");
  const TaskData without_test = load("squad", "squad.test");
  EXPECT_TRUE(without_test.test.empty());
  EXPECT_EQ(without_test.validation.size(), 1000U);
  EXPECT_EQ(expected_counts(find_task("squad"), data.options.rules).test, 0);
}

TEST_F(DeviationKeysTest, RecordEvaluationAndQueriesWithoutAnswer) {
  const std::string row =
      R"({"passage": "p", "query": "q", "entities": ["A", "B"], "answers": [%],)"
      R"( "idx": {"passage": 0, "query": #}})"
      "\n";
  const auto answered = [&row](const std::string& answers) {
    return std::string(row).replace(row.find('%'), 1, answers);
  };
  data.write("record/train.jsonl", repeated(answered(R"("A", "B")"), 1001));
  data.write("record/validation.jsonl", repeated(answered(R"("B", "A")") + answered(""), 1));
  const TaskData corrected = load("record");
  EXPECT_EQ(corrected.validation.size(), 1000U);
  ASSERT_EQ(corrected.test.size(), 1U);
  EXPECT_THAT(corrected.test[0].references, ElementsAre("A", "B"));
  EXPECT_EQ(corrected.reports[1].unlabelled, 1);

  const TaskData duplicated = load("record", "record.eval");
  EXPECT_EQ(duplicated.validation.size(), 2000U);
  ASSERT_EQ(duplicated.test.size(), 2U);
  EXPECT_EQ(duplicated.test[1].target, "B");
  EXPECT_THAT(duplicated.test[1].references, ElementsAre("A", "B"));

  const TaskData unknown = load("record", "record.no_answer");
  ASSERT_EQ(unknown.test.size(), 2U);
  EXPECT_EQ(unknown.test[1].target, "<unk>");
}

TEST_F(DeviationKeysTest, MultircSplitAndSourceLength) {
  const std::string row =
      R"({"paragraph": "p", "question": "q", "answer": "a", "label": 1, "idx": {"paragraph": 0,)"
      R"( "question": %, "answer": #}})"
      "\n";
  std::string rows;
  for (const char* question : {"0", "1", "2", "3"})
    rows += repeated(std::string(row).replace(row.find('%'), 1, question), 4);
  data.write("multirc/train.jsonl", rows);
  data.write("multirc/validation.jsonl", rows);
  const auto shares_a_question = [](const TaskData& loaded) {
    for (const Example& a : loaded.validation) {
      for (const Example& b : loaded.test) {
        if (a.group == b.group) return true;
      }
    }
    return false;
  };
  const Task& task = find_task("multirc");
  EXPECT_FALSE(shares_a_question(load("multirc")));
  EXPECT_EQ(max_source_length(task, data.options.rules), 348);
  EXPECT_EQ(expected_counts(task, data.options.rules).test, 2438);
  EXPECT_TRUE(shares_a_question(load("multirc", "multirc.split")));
  EXPECT_EQ(expected_counts(task, data.options.rules).test, 2424);
  load("multirc", "multirc.max_source");
  EXPECT_EQ(max_source_length(task, data.options.rules), 256);
}

TEST_F(DeviationKeysTest, ScitailSplit) {
  for (const char* split : {"train", "validation", "test"}) {
    const std::string row =
        std::string(R"({"premise": ")") + split + R"(", "hypothesis": "h", "label": "entails"})";
    data.write(std::string("scitail/") + split + ".jsonl", repeated(row + "\n", 6));
  }
  const TaskData corrected = load("scitail");
  EXPECT_EQ(corrected.validation.size(), 6U);
  EXPECT_EQ(corrected.test[0].source, "scitail premise: test hypothesis: h");
  const TaskData halves = load("scitail", "scitail.split");
  EXPECT_EQ(halves.validation.size(), 3U);
  ASSERT_EQ(halves.test.size(), 3U);
  EXPECT_EQ(halves.test[0].source, "scitail premise: validation hypothesis: h");
  EXPECT_EQ(expected_counts(find_task("scitail"), data.options.rules).validation, 652);
}

TEST_F(DeviationKeysTest, YelpText) {
  const std::string row = R"("1"," A ""b"" \nC ")";
  write("yelp/train.csv", "yelp/test.csv", row);
  EXPECT_EQ(load("yelp").test[0].source, R"(yelp_polarity sentence: A "b"  C)");
  EXPECT_EQ(load("yelp", "yelp.text").test[0].source, R"(yelp_polarity sentence: A ""b"" \nC)");
}

TEST_F(DeviationKeysTest, PublishedSetsTheKeysBehindThePublishedTablesOnly) {
  const nlohmann::json published = rules_for_compat("published");
  std::vector<std::string> set;
  for (const auto& [key, value] : published.items()) {
    if (value == "authors") set.push_back(key);
  }
  EXPECT_THAT(set, ElementsAre("multirc.max_source", "multirc.split", "scitail.split", "squad.test",
                               "stsb.reference", "stsb.round", "winogrande.options", "wsc.mark"));
  const nlohmann::json authors = rules_for_compat("authors");
  for (const auto& [key, value] : authors.items()) EXPECT_EQ(value, "authors") << key;
}

}  // namespace
}  // namespace attempt::datasets
