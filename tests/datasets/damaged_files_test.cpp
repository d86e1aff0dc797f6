#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "datasets/data_error.h"
#include "datasets/tasks/task_reader.h"
#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kGood = R"({"question": "q", "passage": "p", "label": true, "idx": 0})"
                          "\n";

class DamagedFilesTest : public ::testing::Test {
 protected:
  DataFolder data;

  /// What is said about BoolQ training lines of which the first is good.
  std::vector<std::string> messages(const std::string& lines) {
    data.write("BoolQ/train.jsonl", kGood + lines);
    data.write("BoolQ/val.jsonl", kGood + kGood);
    return data.load("boolq").reports[0].messages;
  }
};

TEST_F(DamagedFilesTest, NamesInvalidUtf8AndNulInTextAndInEscapes) {
  EXPECT_THAT(messages("{\"question\": \"\xC3(\"}\n" + std::string("{\"a\": \"\0\"}\n", 11) +
                       R"({"question": "a\u0000b", "passage": "p", "label": true})"
                       "\n" +
                       R"({"question": "\ud800", "passage": "p", "label": true})"),
              ElementsAre(HasSubstr("train.jsonl:2: field '': bad_utf8 (got: \"{\"question\": \""
                                    "\\xc3(\"}\")"),
                          HasSubstr("train.jsonl:3: field '': bad_utf8"),
                          HasSubstr("train.jsonl:4: field 'question': bad_utf8"),
                          HasSubstr("train.jsonl:5: field 'byte 21': bad_json")));
}

TEST_F(DamagedFilesTest, LeavesDeeplyNestedRowsOut) {
  const std::string deep = std::string(1000000, '[') + std::string(1000000, ']');
  EXPECT_THAT(messages("{\"label\": true, \"passage\": " + deep + "}\n"),
              ElementsAre(HasSubstr("train.jsonl:2: field 'nesting': bad_json")));
  data.write("BoolQ/train.jsonl", deep);
  EXPECT_THAT(data.refusal("boolq"), HasSubstr("is neither a JSON document nor JSON lines"));
}

TEST_F(DamagedFilesTest, TakesBracketsInTextsForText) {
  EXPECT_THAT(messages(R"({"question": "q\"[", "label": true, "passage": ")" +
                       std::string(1000, '[') + "\"}"),
              ElementsAre());
}

TEST_F(DamagedFilesTest, RefusesTablesWhoseColumnsHaveNoText) {
  data.write("BoolQ/val.jsonl", kGood);
  data.write("BoolQ/train.jsonl", "question\xC3(\tlabel\nq\t1\n");
  EXPECT_THAT(data.refusal("boolq"), HasSubstr("begins with bytes that are not UTF-8"));
}

TEST_F(DamagedFilesTest, NamesNumbersThatAreNone) {
  EXPECT_THAT(messages(R"({"question": "q", "passage": "p", "label": 1e999})"),
              ElementsAre(HasSubstr("train.jsonl:2: field '': bad_number")));
}

TEST_F(DamagedFilesTest, RefusesEndlessLinesAndQuotes) {
  data.write("BoolQ/val.jsonl", kGood);
  data.write("yelp/test.csv", "\"1\",\"a\"");
  data.write("BoolQ/train.jsonl", kGood + std::string((std::size_t{1} << 26) + 1, 'x'));
  EXPECT_THAT(data.refusal("boolq"), HasSubstr("has a line above 64 MiB"));
  data.write("yelp/train.csv", "\"1\",\"" + repeated(std::string(1 << 20, 'x') + "\n", 65));
  EXPECT_THAT(data.refusal("yelp"), HasSubstr("a quote that is never closed?"));
}

TEST_F(DamagedFilesTest, RefusesEmptyFilesAndFoldersInTheirPlace) {
  data.write("BoolQ/val.jsonl", kGood);
  data.write("BoolQ/train.jsonl", "\n \n");
  EXPECT_THAT(data.refusal("boolq"), HasSubstr("train.jsonl: is empty"));
  data.write("WiC/train.jsonl/x", "");
  EXPECT_THAT(data.refusal("wic"), HasSubstr("holds no train file of task 'wic'"));
}

/// A valid row of each reader and layout that takes JSON.
struct Sample {
  const char* task;
  const char* row;
};

constexpr Sample kSamples[] = {
    {"mnli", R"({"premise": "a", "hypothesis": "b", "label": 1, "idx": 0})"},
    {"stsb", R"({"sentence1": "a", "sentence2": "b", "label": 2.5, "idx": 0})"},
    {"wsc", R"({"text": "a b", "target": {"span1_text": "a", "span1_index": 0, "span2_text": "b",
            "span2_index": 1}, "label": true, "idx": 1})"},
    {"multirc", R"({"idx": 0, "passage": {"text": "t", "questions": [{"question": "q", "idx": 0,
                "answers": [{"text": "a", "idx": 0, "label": 1}]}]}})"},
    {"multirc", R"({"paragraph": "p", "question": "q", "answer": "a", "label": 0,
                "idx": {"paragraph": 0, "question": 0, "answer": 0}})"},
    {"record", R"({"idx": 0, "passage": {"text": "ab", "entities": [{"start": 0, "end": 1}]},
               "qas": [{"query": "q", "idx": 0, "answers": [{"text": "ab"}]}]})"},
    {"record", R"({"passage": "p", "query": "q", "entities": ["e"], "answers": ["e"],
               "idx": {"passage": 0, "query": 0}})"},
    {"squad", R"({"id": "1", "question": "q", "context": "c",
              "answers": [{"text": "a", "answer_start": 0}]})"},
    {"squad", R"({"id": "1", "question": "q", "context": "c",
              "answers": {"text": ["a"], "answer_start": [0]}})"},
    {"newsqa", R"({"context": "c", "qas": [{"qid": "1", "question": "q", "answers": ["a"],
               "detected_answers": [{"text": "a"}]}]})"},
    {"nq", R"({"subset": "NaturalQuestions", "context": "c", "question": "q",
           "detected_answers": {"text": ["a"]}})"},
    {"hotpotqa", R"({"_id": "1", "question": "q", "answer": "a", "supporting_facts": [["t", 0]],
                 "context": [["t", ["s"]]]})"},
    {"winogrande", R"({"sentence": "_", "option1": "a", "option2": "b", "answer": "1"})"},
    {"scitail", R"({"sentence1": "a", "sentence2": "b", "gold_label": "neutral"})"},
    {"paws", R"({"id": 1, "sentence1": "a", "sentence2": "b", "label": 0})"},
    {"yelp", R"({"text": "a", "label": 0})"}};

/// Every place of a value in a row.
std::vector<nlohmann::json::json_pointer> places(const nlohmann::json& row) {
  std::vector<nlohmann::json::json_pointer> found;
  const nlohmann::json flat = row.flatten();
  for (const auto& [place, value] : flat.items()) {
    for (nlohmann::json::json_pointer at(place); !at.empty(); at.pop_back()) found.push_back(at);
  }
  return found;
}

TEST_F(DamagedFilesTest, EveryReaderTakesOrRefusesValuesOfAnyTypeInAnyPlace) {
  const nlohmann::json values = {nullptr,
                                 true,
                                 -1,
                                 9223372036854775807LL,
                                 1e300,
                                 "",
                                 "\xF0\x9F\x98\x80",
                                 nlohmann::json::array(),
                                 {{"text", 1}},
                                 {nullptr},
                                 {{"a", {1}}}};
  for (const Sample& sample : kSamples) {
    SCOPED_TRACE(sample.row);
    const Task& task = find_task(sample.task);
    const TaskReader* reader = find_reader(sample.task);
    const nlohmann::json good = nlohmann::json::parse(sample.row);
    for (const char* compat : {"corrected", "authors"}) {
      const DataRules rules = rules_for_compat(compat);
      RowNotes notes;
      const auto examples = reader->read_row(Row(good, notes), task, rules);
      ASSERT_EQ(examples.size(), 1U);
      EXPECT_FALSE(examples[0].references.empty());
      for (const auto& place : places(good)) {
        for (const nlohmann::json& value : values) {
          nlohmann::json row = good;
          row[place] = value;
          try {
            for (const Example& example : reader->read_row(Row(row, notes), task, rules))
              EXPECT_FALSE(example.source.empty());
          } catch (const BadRow& bad) {
            EXPECT_FALSE(bad.field.empty()) << row;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace attempt::datasets
