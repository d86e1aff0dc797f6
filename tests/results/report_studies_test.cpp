#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/report/similarity.h"
#include "results/report/size_table.h"
#include "results/report/task_relations.h"
#include "results/statistics/task_matrix.h"
#include "tests/results/report_fixture.h"

namespace attempt::results {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Several studies in one report; each has a folder of its own.
class SeveralStudiesTest : public ReportTest {
 protected:
  /// Trials that are added from now on belong to this study.
  void begin(const std::string& name) {
    if (!source_.entries.empty()) end();
    folder_ = StudyFolder(temporary_ / name);
    folder_.create();
    source_ = {folder_, name, {}, {}};
  }
  void end() {
    studies_.push_back(read_study(source_, {}));
    source_.entries.clear();
  }
  const ScoreGrid& all() {
    end();
    return grid_ = make_score_grid(studies_);
  }

  void finish_on(const std::string& backbone, const std::string& task, int right) {
    StudyEntry& entry = add("adapter", task, 1);
    TrialRecord record = record_of(entry, right);
    record.provenance = R"({"backbone": "/models/)" + backbone +
                        R"(", "backbone_fingerprint": "of )" + backbone + R"("})";
    publish_record(entry, record);
  }

  void finish_prompt(const std::string& phase, const std::string& task, std::vector<float> values,
                     bool is_synthetic = false) {
    StudyEntry& entry = add("prompt_tuning", task, 1);
    entry.trial_id += phase;
    entry.phase = phase;
    entry.is_synthetic = is_synthetic;
    TrialRecord record = record_of(entry, 100);
    const auto width = static_cast<std::int64_t>(values.size());
    record.parameters = {{"prompt", {1, width}, std::move(values)}};
    publish_record(entry, record);
  }
};

TEST_F(SeveralStudiesTest, KeepTheirNames) {
  begin("first");
  finish("adapter", "rte", 1, 150);
  begin("second");
  finish("adapter", "rte", 1, 150);
  EXPECT_EQ(all().rows[0].label, "adapter [first]");
  EXPECT_EQ(grid_.rows[1].label, "adapter [second]");
}

TEST_F(SeveralStudiesTest, SizesAreComparedOverThemOnSharedTasks) {
  begin("small");
  finish_on("t5-small", "rte", 100);
  finish_on("t5-small", "cola", 120);
  begin("base");
  finish_on("t5-base", "rte", 150);
  finish_on("t5-base", "boolq", 200);  // no partner: takes no part
  const TextTable table = size_table(all());
  EXPECT_THAT(table.columns, ElementsAre("method", "t5-small", "t5-base", "tasks"));
  ASSERT_THAT(table.lines, SizeIs(1));
  EXPECT_THAT(texts(table.lines[0]), ElementsAre("adapter", "50.0", "75.0", "1"));
}

TEST_F(SeveralStudiesTest, BackbonesInFoldersOfOneNameAreToldApart) {
  begin("small");
  finish_on("a/backbone", "rte", 100);
  begin("base");
  finish_on("b/backbone", "rte", 150);
  EXPECT_THAT(size_table(all()).columns,
              ElementsAre("method", "backbone of a/bac", "backbone of b/bac", "tasks"));
}

TEST_F(SeveralStudiesTest, OneBackboneMakesNoTableOfSizes) {
  begin("first");
  finish_on("t5-small", "rte", 100);
  begin("second");
  finish_on("t5-small", "cola", 100);
  EXPECT_THAT(size_table(all()).lines, IsEmpty());
}

TEST_F(SeveralStudiesTest, PromptsAreComparedWithinAStudyAndAWidth) {
  begin("narrow");
  finish_prompt("source", "mnli", {1, 0});
  finish_prompt("target", "rte", {1, 1});
  begin("wide");
  finish_prompt("source", "mnli", {1, 0, 0});
  finish_prompt("target", "rte", {1, 0, 0});
  all();

  const std::vector<PromptSimilarity> similarities = prompt_similarity(studies_);

  ASSERT_THAT(similarities, SizeIs(2));
  EXPECT_THAT(similarities[0].cosine, ElementsAre(ElementsAre(DoubleNear(0.7071, 1e-4))));
  EXPECT_THAT(similarities[1].cosine, ElementsAre(ElementsAre(DoubleNear(1, 1e-6))));
  EXPECT_EQ(similarities[1].group, "wide, backbone unknown, 3 wide");
  EXPECT_EQ(similarity_tables(similarities)[1].id, "similarity_2");
}

TEST_F(SeveralStudiesTest, PromptsOfMadeUpTasksStayAmongThemselves) {
  begin("mixed");
  finish_prompt("source", "mnli", {1, 0});
  finish_prompt("target", "rte", {1, 0});
  finish_prompt("source", "qnli", {0, 1}, /*is_synthetic=*/true);
  finish_prompt("target", "cola", {0, 1}, /*is_synthetic=*/true);
  all();

  const std::vector<PromptSimilarity> similarities = prompt_similarity(studies_);

  ASSERT_THAT(similarities, SizeIs(2));
  EXPECT_THAT(similarities[0].sources, ElementsAre("mnli"));
  EXPECT_THAT(similarities[0].targets, ElementsAre("rte"));
  EXPECT_THAT(similarities[1].sources, ElementsAre("demo:qnli"));
  EXPECT_THAT(similarities[1].targets, ElementsAre("demo:cola"));
}

// What the sources of SPoT's trial files say decides whether its start was told or chosen.
TEST_F(SeveralStudiesTest, TransferGainsAndTheirRankCorrelationsStandBesideTheSimilarity) {
  begin("one");
  const auto finish_spot = [&](const std::string& source, const std::string& task, int right,
                               const std::string& sources) {
    StudyEntry& entry = add("spot", task, 1);
    entry.trial_id += source;
    TrialRecord record = record_of(entry, right);
    record.sources = sources;
    publish_record(entry, record);
  };
  const auto told = [](const std::string& name) { return R"([{"name":")" + name + R"("}])"; };
  for (const char* task : {"rte", "cola"}) finish("prompt_tuning", task, 1, 100);
  finish_spot("mnli", "rte", 110, told("mnli"));
  finish_spot("qnli", "rte", 90, told("qnli"));
  finish_spot("mnli", "cola", 102, told("mnli"));
  finish_spot("chosen", "cola", 150, R"([{"name":"mnli","similarity":0.5,"weight":1}])");
  StudyEntry& mixture = add("attempt", "rte", 1);
  TrialRecord record = record_of(mixture, 100);
  record.attention["rte"] = {
      .names = {"mnli", "qnli", "target"}, .shape = {3}, .mean = {0.5, 0.2, 0.3}, .std = {0, 0, 0}};
  record.attention["cola"] = {
      .names = {"mnli", "qnli", "target"}, .shape = {3}, .mean = {0.3, 0.3, 0.4}, .std = {0, 0, 0}};
  publish_record(mixture, record);
  all();

  const std::vector<TextTable> tables = task_relation_tables(studies_);

  ASSERT_THAT(tables, SizeIs(2));
  EXPECT_EQ(tables[0].id, "transfer_gain");
  EXPECT_THAT(tables[0].columns, ElementsAre("target", "mnli", "qnli"));
  EXPECT_THAT(texts(tables[0].lines[0]), ElementsAre("cola", "+1.00", "–"));
  EXPECT_THAT(texts(tables[0].lines[1]), ElementsAre("rte", "+5.00", "-5.00"));
  ASSERT_THAT(tables[1].lines, SizeIs(1));  // attention 0.3, 0.5, 0.2 beside gains 1, 5, -5
  EXPECT_THAT(texts(tables[1].lines[0]),
              ElementsAre("attention of attempt", "transfer_gain", "3", "1.000"));
}

TEST(MatrixCorrelationTest, AConstantMatrixHasNone) {
  TaskMatrix even{.name = "even", .cells = {}};
  TaskMatrix rising{.name = "rising", .cells = {}};
  for (const char* source : {"mnli", "qnli", "qqp"}) {
    even.add("rte", source, 0.25);
    rising.add("rte", source, static_cast<double>(source[1]));
  }
  const std::vector<MatrixCorrelation> correlations = rank_correlations({even, rising, rising});
  ASSERT_THAT(correlations, SizeIs(3));
  EXPECT_EQ(correlations[0].spearman, std::nullopt);
  EXPECT_GT(correlations[2].spearman, 0.5);
}

}  // namespace
}  // namespace attempt::results
