#include <gmock/gmock.h>

#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kContext =
    R"({"id": "", "context": " [PAR] [TLE] Ö [SEP] It's red. ", "context_tokens": [["[PAR]", 1]],)"
    R"( "qas": [{"qid": "a#", "question": "What? ", "question_tokens": [["What", 0]],)"
    R"( "detected_answers": [{"text": "red", "char_spans": [[25, 27]], "token_spans": [[6, 6]]}],)"
    R"( "answers": ["red", "It's red", "red"]}, {"qid": "b#", "question": "Who",)"
    R"( "detected_answers": [{"text": "Ö", "char_spans": [[14, 14]]}]}]})"
    "\n";

std::string header(const std::string& dataset) {
  return R"({"header": {"dataset": ")" + dataset + R"(", "split": "dev"}})" + "\n";
}

class MrqaFilesTest : public ::testing::Test {
 protected:
  DataFolder data;

  void write(const std::string& file, const std::string& dataset) {
    data.write_gzip("mrqa/train/" + file + ".jsonl.gz", header(dataset) + repeated(kContext, 501));
    data.write_gzip("mrqa/dev/" + file + ".jsonl.gz", header(dataset) + repeated(kContext, 2));
  }
};

TEST_F(MrqaFilesTest, ReadsTheReleaseOfEverySet) {
  struct Set {
    const char* task;
    const char* file;
    const char* dataset;
  };
  for (const Set& set :
       {Set{"nq", "NaturalQuestionsShort", "NaturalQuestions"},
        Set{"hotpotqa", "HotpotQA", "HotpotQA"}, Set{"searchqa", "SearchQA", "SearchQA"},
        Set{"newsqa", "NewsQA", "NewsQA"}}) {
    SCOPED_TRACE(set.task);
    write(set.file, set.dataset);
    const TaskData loaded = data.load(set.task);
    EXPECT_EQ(loaded.train.size(), 2U);
    EXPECT_EQ(loaded.validation.size(), 1000U);
    ASSERT_EQ(loaded.test.size(), 4U);
    EXPECT_EQ(loaded.test[0].source,
              "squad question: What ?  context:  [ PAR ] [ TLE ] Ö [ SEP ] It ' s red . ");
    EXPECT_EQ(loaded.test[0].target, "red");
    EXPECT_THAT(loaded.test[0].references, ElementsAre("red", "It ' s red"));
    EXPECT_THAT(loaded.test[1].references, ElementsAre("Ö"));  // of detected_answers
    EXPECT_EQ(loaded.test[2].id, "a1");
    EXPECT_EQ(loaded.reports[1].rows, 2);
    EXPECT_EQ(loaded.reports[1].used, 4);
  }
}

TEST_F(MrqaFilesTest, RefusesTheFileOfAnotherSetAndAFileWithoutHeader) {
  write("NewsQA", "SearchQA");
  EXPECT_THAT(data.refusal("newsqa"), HasSubstr("is of the data set 'SearchQA'"));
  data.write("mrqa/train/NewsQA.jsonl.gz", repeated(kContext, 2));
  EXPECT_THAT(data.refusal("newsqa"), HasSubstr("does not begin with a header line"));
}

TEST_F(MrqaFilesTest, SaysThatACompressedFileIsCut) {
  write("NewsQA", "NewsQA");
  std::string noise;
  for (unsigned i = 0, x = 1; i < 200000; ++i) {
    x = x * 1664525 + 1013904223;
    noise += static_cast<char>('a' + (x >> 24) % 26);
  }
  data.write_gzip("mrqa/dev/NewsQA.jsonl.gz", header("NewsQA") + repeated(kContext, 2) + noise,
                  50000);
  EXPECT_THAT(data.refusal("newsqa"), HasSubstr("is a damaged or truncated gzip file"));
}

TEST_F(MrqaFilesTest, NamesThePathOfABadFieldInAContext) {
  write("NewsQA", "NewsQA");
  data.write("mrqa/dev/NewsQA.jsonl.gz",
             header("NewsQA") + repeated(kContext, 1) +
                 R"({"context": "c", "qas": [{"qid": "x", "question": 5, "answers": []}]})" + "\n");
  EXPECT_THAT(data.load("newsqa").reports[1].messages,
              ElementsAre(HasSubstr("NewsQA.jsonl.gz:3: field 'qas[0].question': wrong_type")));
}

TEST_F(MrqaFilesTest, ReadsExportsAndLeavesOtherSubsetsOut) {
  const std::string ours =
      R"({"subset": "NewsQA", "context": "c.", "qid": "q#", "question": "Q", "answers": ["c"],)"
      R"( "detected_answers": {"text": ["c"], "char_spans": []}})"
      "\n";
  const std::string other =
      R"({"subset": "SQuAD", "context": "c", "qid": "s", "question": "Q", "answers": ["c"]})"
      "\n";
  const std::string keyed =
      R"({"context": "c.", "question": "Q", "answers": ["c"], "key": "k", "labels": []})";
  data.write("hf_jsonl/newsqa/train.jsonl", repeated(ours, 1002) + other);
  data.write("hf_jsonl/newsqa/validation.jsonl", keyed);
  const TaskData loaded = data.load("newsqa");
  EXPECT_EQ(loaded.train.size(), 2U);
  EXPECT_EQ(loaded.reports[0].skipped, 1);
  EXPECT_EQ(loaded.test.at(0).id, "k");
  EXPECT_EQ(loaded.test.at(0).source, "squad question: Q context: c . ");
}

TEST_F(MrqaFilesTest, KeepsTheSupportingParagraphsOfOriginalHotpotqa) {
  const std::string row =
      R"({"_id": "h#", "question": "Where?", "answer": "Rome", "supporting_facts": [["B", 0],)"
      R"( ["A", 1]], "context": [["A", ["One.", " Two."]], ["X", ["No."]], ["B", ["In Rome."]]]})"
      "\n";
  const std::string yes = R"({"_id": "y", "question": "Is it?", "answer": "yes",)"
                          R"( "supporting_facts": [], "context": []})"
                          "\n";
  data.write("hotpotqa/train.jsonl", repeated(row, 1001) + yes);
  data.write("hotpotqa/dev.json", "[" + repeated(row, 1) + "," + yes + "]");
  const TaskData loaded = data.load("hotpotqa");
  EXPECT_EQ(loaded.reports[0].skipped, 1);
  ASSERT_EQ(loaded.test.size(), 1U);
  EXPECT_EQ(loaded.test[0].source,
            "squad question: Where ?  context:  [ PAR ] [ TLE ] A [ SEP ] One . Two . [ PAR ] "
            "[ TLE ] B [ SEP ] In Rome . ");
  EXPECT_EQ(loaded.test[0].target, "Rome");
}

TEST_F(MrqaFilesTest, NamesThePlaceOfABadQuestionInASquadDocument) {
  const auto question = [](int i) {
    return R"({"id": "q)" + std::to_string(i) +
           R"(", "question": "Q", "answers": [{"text": "c", "answer_start": 0}]})";
  };
  std::string train = question(0);
  for (int i = 1; i < 1002; ++i) train += "," + question(i);
  const auto document = [](const std::string& questions) {
    return R"({"data": [{"title": "t", "paragraphs": [{"context": "c", "qas": [)" + questions +
           "]}]}]}";
  };
  data.write("newsqa/train.json", document(train));
  data.write("newsqa/dev.json", document(question(0) + R"(, {"id": "b", "question": "Q"}, 7)"));
  EXPECT_THAT(
      data.load("newsqa").reports[1].messages,
      ElementsAre(HasSubstr("field 'data[0].paragraphs[0].qas[2].question': missing_field")));
}

}  // namespace
}  // namespace attempt::datasets
