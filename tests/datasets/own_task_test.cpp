#include "datasets/tasks/own_task.h"

#include <gmock/gmock.h>

#include "datasets/batches.h"
#include "datasets/task_definition.h"
#include "datasets/token_cache.h"
#include "tests/datasets/data_folder.h"

namespace attempt::datasets {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// A definition and its files, which tests change.
class OwnTaskTest : public testing::Test {
 protected:
  DataFolder folder;
  TaskDefinition definition{.source = "review: {text}",
                            .target = "{label}",
                            .labels = {{"bad", "bad"}, {"good", "good"}},
                            .metrics = {"accuracy"},
                            .selection_metrics = {"accuracy"}};

  void write(const std::string& split, const std::string& name, const std::string& text) {
    folder.write(name, text);
    folder.options.files[split] = folder.options.root / name;
  }

  /// The same text as train, validation and test file.
  void write_all(const std::string& name, const std::string& text) {
    for (const char* split : {"train", "validation", "test"}) write(split, split + name, text);
  }

  Task task() const { return make_task("mine", definition); }
  TaskData load() const { return load_task(task(), folder.options); }

  DefinitionError::Facts refusal() const {
    try {
      load();
    } catch (const DefinitionError& error) {
      return error.facts;
    }
    return {};
  }
};

TEST_F(OwnTaskTest, ReadsTheSameRowsFromEveryFormat) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {".tsv", "text\tlabel\nIt's, \"fine\"\tgood\nno\tbad\n"},
      {".csv", "text,label\n\"It's, \"\"fine\"\"\",good\nno,bad\n"},
      {".jsonl",
       "{\"text\": \"It's, \\\"fine\\\"\", \"label\": \"good\"}\n{\"label\": 0, \"text\": "
       "\"no\"}\n"},
      {".json",
       "[{\"text\": \"It's, \\\"fine\\\"\", \"label\": 1},\n {\"text\": \"no\", \"label\": "
       "\"bad\"}]"},
      {".document",
       "{\"data\": [{\"text\": \"It's, \\\"fine\\\"\", \"label\": true},\n"
       "{\"text\": \"no\", \"label\": \"0\"}]}"}};
  for (const auto& [name, text] : files) {
    SCOPED_TRACE(name);
    write_all(name, text);
    const TaskData data = load();
    ASSERT_THAT(data.train, SizeIs(2));
    EXPECT_EQ(data.train[0].source, "review: It's, \"fine\"");
    EXPECT_EQ(data.train[0].target, "good");
    EXPECT_EQ(data.train[0].id, "train-0");
    EXPECT_EQ(data.train[1].target, "bad");
    EXPECT_THAT(data.warnings, SizeIs(0));
  }
}

TEST_F(OwnTaskTest, TemplatesTakeListsNumbersPathsAndBraces) {
  definition.source = "{{{meta.who}}} {year}: {words}";
  definition.target = "{tags}";
  definition.labels.clear();
  write_all(".jsonl",
            "{\"meta\": {\"who\": \"Ann\"}, \"year\": 1999, \"words\": [\"in\", \"Rome\"], "
            "\"tags\": [\"O\", \"B-LOC\"], \"idx\": 7}\n");
  const TaskData data = load();
  EXPECT_EQ(data.train[0].source, "{Ann} 1999: in Rome");
  EXPECT_EQ(data.train[0].target, "O B-LOC");
  EXPECT_THAT(data.train[0].references, ElementsAre("O B-LOC"));
  EXPECT_EQ(data.train[0].id, "7");
}

TEST_F(OwnTaskTest, ReferencesAreAllAcceptedAndTheFirstIsLearned) {
  definition.target = "";
  definition.references = "answers";
  definition.labels.clear();
  write_all(".jsonl",
            "{\"text\": \"a\", \"answers\": [\"x\", \"y\"]}\n{\"text\": \"b\", \"answers\": []}\n");
  const TaskData data = load();
  ASSERT_THAT(data.train, SizeIs(1));
  EXPECT_EQ(data.train[0].target, "x");
  EXPECT_THAT(data.train[0].references, ElementsAre("x", "y"));
  EXPECT_EQ(data.reports[0].unlabelled, 1);
}

TEST_F(OwnTaskTest, FilesMayWriteLabelsOtherwise) {
  definition.labels = {{"1", "low"}, {"2", "low"}, {"3", "high"}};
  write_all(".jsonl", "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\", \"label\": 3}\n");
  EXPECT_THAT(task().label_texts, ElementsAre("low", "high"));
  EXPECT_EQ(load().train[0].target, "low");  // a number that is a word is no class index
  EXPECT_EQ(load().train[1].target, "high");
}

TEST_F(OwnTaskTest, RowsWithoutLabelAreLeftOutAndFilesOfThemRefused) {
  write_all(".tsv", "text\tlabel\na\tgood\nb\t\nc\t-1\n");
  EXPECT_THAT(load().train, SizeIs(1));
  write("test", "hidden.jsonl",
        "{\"text\": \"a\", \"label\": null}\n{\"text\": \"b\", \"label\": -1}\n");
  EXPECT_THAT([&] { load(); }, testing::ThrowsMessage<DataError>(HasSubstr("2 without a label")));
}

TEST_F(OwnTaskTest, SplitsFollowFromTheFiles) {
  EXPECT_EQ(split_rule_of_files({"test", "train", "validation"}), SplitRule::kOfficial);
  EXPECT_EQ(split_rule_of_files({"train", "validation"}), SplitRule::kHalfValidation);
  EXPECT_EQ(split_rule_of_files({"train", "test"}), SplitRule::kTrainMinusTenth);
  EXPECT_THROW(split_rule_of_files({"train"}), std::invalid_argument);
  EXPECT_THROW(split_rule_of_files({"validation", "test"}), std::invalid_argument);
}

TEST_F(OwnTaskTest, WithoutAValidationFileATenthOfTheTrainingRowsIsHeldOut) {
  definition.split_rule = SplitRule::kTrainMinusTenth;
  write("train", "train.tsv", "text\tlabel\n" + repeated("text #\tgood\n", 30));
  write("test", "test.tsv", "text\tlabel\na\tbad\n");
  const TaskData data = load();
  EXPECT_THAT(data.validation, SizeIs(3));
  EXPECT_THAT(data.train, SizeIs(27));
  EXPECT_THAT(data.test, SizeIs(1));
  EXPECT_EQ(data.validation[0].row, permutation(30, 42)[0]);
}

TEST_F(OwnTaskTest, KeepsTheWholeSourceWithoutAPrefix) {
  folder.options.add_prefix = false;
  write_all(".tsv", "text\tlabel\na\tgood\n");
  EXPECT_EQ(load().train[0].source, "review: a");
}

TEST_F(OwnTaskTest, RefusesAFieldThatTheRowsDoNotHave) {
  write_all(".tsv", "txt\tlabel\na\tgood\n");
  const DefinitionError::Facts facts = refusal();
  EXPECT_EQ(facts.key, "source");
  EXPECT_EQ(facts.name, "text");
  EXPECT_THAT(facts.known, ElementsAre("label", "txt"));
  EXPECT_THAT(facts.problem, HasSubstr("train.tsv have label, txt"));
}

TEST_F(OwnTaskTest, RefusesALabelThatTheDefinitionDoesNotHave) {
  write_all(".csv", "text,label\na,good\nb,god\n");
  const DefinitionError::Facts facts = refusal();
  EXPECT_EQ(facts.key, "labels");
  EXPECT_EQ(facts.name, "god");
  EXPECT_THAT(facts.problem, HasSubstr("train.csv:3 has it as 'label'"));
}

TEST_F(OwnTaskTest, RefusesAFileThatIsNotThere) {
  write_all(".csv", "text,label\na,good\n");
  folder.options.files["test"] = folder.options.root / "tset.csv";
  EXPECT_EQ(refusal().key, "files.test");
}

TEST_F(OwnTaskTest, CountsOtherBadRows) {
  write_all(".jsonl",
            "{\"text\": \"a\", \"label\": \"good\"}\nnonsense\n{\"label\": \"bad\"}\n"
            "{\"text\": {}, \"label\": \"bad\"}\n");
  const TaskData data = load();
  EXPECT_EQ(data.reports[0].bad, 3);
  EXPECT_THAT(data.reports[0].messages[1], HasSubstr(":3: field 'text': missing_field"));
  EXPECT_THAT(data.reports[0].messages[2], HasSubstr(":4: field 'text': wrong_type"));
}

TEST_F(OwnTaskTest, ADefinitionReadsBackFromJson) {
  definition.split_rule = SplitRule::kTrainMinusTenth;
  definition.labels = {{"1", "low"}, {"2", "high"}};
  const nlohmann::json json = definition;
  EXPECT_EQ(json.get<TaskDefinition>(), definition);
}

}  // namespace
}  // namespace attempt::datasets
