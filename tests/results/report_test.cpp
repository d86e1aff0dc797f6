#include "results/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/digest.h"
#include "results/hdf5_reader.h"
#include "results/published/published_figures.h"
#include "results/report/attention.h"
#include "results/report/cost_tables.h"
#include "results/report/method_tables.h"
#include "results/store_error.h"
#include "results/trial_file.h"
#include "tests/results/report_fixture.h"

namespace attempt::results {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(ReportTest, BestIsBoldAndOthersSayHowTheyStand) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    finish("fine_tuning", "rte", seed, 180);
    finish("adapter", "rte", seed, 179);
    finish("bitfit", "rte", seed, 100);
  }
  const TextTable& rte = table("glue_superglue");
  EXPECT_THAT(texts(rte.lines[0]), ElementsAre("fine_tuning", "90.0 ± 0.0 (3)"));
  EXPECT_TRUE(rte.lines[0][1].is_bold);
  EXPECT_EQ(rte.lines[1][1].text, "89.5 ± 0.0 (3) ≈");
  EXPECT_EQ(rte.lines[2][1].text, "50.0 ± 0.0 (3)");
  EXPECT_EQ(rte.lines[0][1].trial_id, "fine_tuning-rte-1");
}

TEST_F(ReportTest, OneSeedIsTooFew) {
  finish("fine_tuning", "rte", 1, 180);
  finish("adapter", "rte", 1, 100);
  EXPECT_EQ(table("glue_superglue").lines[1][1].text, "50.0 (1) ?");
  EXPECT_THAT(tables_[0].notes, Contains(HasSubstr("n too small")));
}

TEST_F(ReportTest, MissingCellsSayWhy) {
  finish("fine_tuning", "rte", 1, 180);
  add("adapter", "rte", 1);
  add("bitfit", "rte", 1).status = TrialStatus::kFailed;
  add("lora", "cola", 1);
  const TextTable& glue = table("glue_superglue");
  EXPECT_THAT(texts(glue.lines[0]),
              ElementsAre("fine_tuning", "90.0 (1)", "not in study", "incomplete"));
  EXPECT_EQ(glue.lines[1][1].text, "1 waiting");
  EXPECT_EQ(glue.lines[2][1].text, "1 failed");
}

TEST_F(ReportTest, AConstantPredictionIsMajority) {
  for (const std::uint64_t seed : {1, 2}) {
    StudyEntry& entry = add("frozen", "rte", seed);
    TrialRecord record = record_of(entry, 100);
    record.test.at("rte").predictions.assign(kExamples, "yes");
    publish_record(entry, record);
  }
  EXPECT_EQ(table("glue_superglue").lines[0][1].text, "50.0 majority (2)");
}

TEST_F(ReportTest, MajorityIsNotGuessedWherePredictionsWereNotKept) {
  StudyEntry& entry = add("adapter", "rte", 1);
  TrialRecord record = record_of(entry, 100);  // the score of a constant answer
  record.test.at("rte").predictions.clear();
  publish_record(entry, record);
  EXPECT_EQ(table("glue_superglue").lines[0][1].text, "50.0 (1)");
  EXPECT_THAT(tables_[0].notes, Contains(HasSubstr("Predictions were not kept")));
}

TEST_F(ReportTest, CountedPredictionsTellMajorityWithoutThem) {
  for (const std::string method : {"adapter", "bitfit"}) {
    StudyEntry& entry = add(method, "rte", 1);
    TrialRecord record = record_of(entry, 100);
    record.test.at("rte").predictions.clear();
    record.test.at("rte").metrics["distinct_predictions"] = method == "adapter" ? 1 : 2;
    publish_record(entry, record);
  }
  const TextTable& glue = table("glue_superglue");
  EXPECT_EQ(glue.lines[0][1].text, "50.0 majority (1)");
  EXPECT_THAT(glue.lines[1][1].text, Not(HasSubstr("majority")));
  EXPECT_THAT(glue.notes, Not(Contains(HasSubstr("not kept"))));
}

TEST_F(ReportTest, SmallTestSplitsSayWhatOneExampleIsWorth) {
  StudyEntry& entry = add("adapter", "cb", 1);
  TrialRecord record = record_of(entry, 28);
  TestResult& test = record.test.at("cb");
  test.predictions.resize(28);
  test.targets.resize(28);
  test.ids.resize(28);
  test.metrics["accuracy"] = 100;
  publish_record(entry, record);
  EXPECT_THAT(table("glue_superglue").notes, Contains(HasSubstr("cb 3.6 (28 examples)")));
}

TEST_F(ReportTest, SeedsOnOneSourceDrawAreMarked) {
  for (const std::uint64_t seed : {1, 2}) {
    StudyEntry& entry = add("spot", "rte", seed);
    TrialRecord record = record_of(entry, 150 + static_cast<int>(seed));
    record.sources = R"([{"name": "mnli", "sha256": "a"}])";
    publish_record(entry, record);
  }
  EXPECT_EQ(table("glue_superglue").lines[0][1].text, "75.8 ± 0.4 (2) †");
  EXPECT_THAT(tables_[0].notes, Contains(HasSubstr("conditional on one source draw")));
}

TEST_F(ReportTest, AveragesWithAndWithoutSourceTasks) {
  finish("adapter", "mnli", 1, 100);
  finish("adapter", "rte", 1, 180);
  const TextTable& glue = table("glue_superglue");
  EXPECT_THAT(glue.columns, ElementsAre("method", "mnli", "rte", "GLUE average",
                                        "GLUE average without source tasks"));
  EXPECT_EQ(glue.lines[0][3].text, "70.0");
  EXPECT_EQ(glue.lines[0][4].text, "90.0");
}

TEST_F(ReportTest, AttentionNearUniformIsNamedAsAveraging) {
  StudyEntry& entry = add("attempt", "rte", 1);
  TrialRecord record = record_of(entry, 150);
  record.attention["rte"] = {
      .names = {"mnli", "rte"}, .shape = {2}, .mean = {0.5, 0.5}, .std = {0, 0}};
  record.evaluations.attention_entropy = {0.5, 0.69};
  publish_record(entry, record);
  const TextTable& glue = table("glue_superglue");
  EXPECT_THAT(glue.notes, Contains(HasSubstr("attempt on rte (99.5 %)")));
  EXPECT_THAT(glue.notes, Contains(HasSubstr("attention: uniform is not in this study")));
  EXPECT_THAT(glue.notes, Contains(HasSubstr("T5 v1.0")));
  const TextTable attention = attention_table(attention_rows(studies_));
  EXPECT_EQ(attention.lines[0][3].text, "mnli 0.500, rte 0.500");
}

TEST_F(ReportTest, UniformWeightsAreNotNamedAsAveraging) {
  StudyEntry& entry = add("attempt", "rte", 1);
  entry.variant = "attempt:constant";
  TrialRecord record = record_of(entry, 150);
  record.attention["rte"] = {
      .names = {"mnli", "rte"}, .shape = {2}, .mean = {0.5, 0.5}, .std = {0, 0}};
  record.evaluations.attention_entropy = {0.69, 0.69};
  publish_record(entry, record);
  EXPECT_THAT(table("glue_superglue").notes, Not(Contains(HasSubstr("Averaging"))));
}

TEST_F(ReportTest, UniformWeightsAreARowOfEveryTableWithAttempt) {
  for (const std::string task : {"rte", "cola", "nq"}) finish("attempt", task, 1, 150);
  finish("adapter", "paws", 1, 150);
  table("glue_superglue");
  const std::vector<TextTable> without = tables_;
  for (const TextTable& each : without) {
    EXPECT_THAT(texts(each.lines.back()),
                AllOf(Contains("ATTEMPT, attention: uniform"), Contains("not in study")))
        << each.id;
  }
  EXPECT_FALSE(without[0].lines.back().back().is_bold);

  for (const std::string task : {"rte", "cola", "nq"}) {
    add("attempt", task, 2).variant = "attempt:constant";
    source_.entries.back().label = "ATTEMPT, attention: uniform";
  }
  EXPECT_THAT(texts(table("glue_superglue").lines.back()),
              ElementsAre("ATTEMPT, attention: uniform", "1 waiting", "1 waiting", "incomplete"));
  EXPECT_THAT(tables_[0].notes, Not(Contains(HasSubstr("not in this study"))));
}

TEST_F(ReportTest, PublishedFiguresOnlyBesideComparableTrials) {
  finish("attempt", "mnli", 1, 170);
  finish("attempt", "rte", 1, 150);
  StudyEntry& entry = add("bitfit", "mnli", 1);
  TrialRecord record = record_of(entry, 170);
  record.comparable = false;
  publish_record(entry, record);

  const TextTable published = published_table(grid());

  EXPECT_THAT(texts(published.lines[0]), ElementsAre("attempt", "85.0 / 84.3 (+0.7)", ""));
  EXPECT_THAT(texts(published.lines[1]), ElementsAre("bitfit", "", ""));
  EXPECT_THAT(published.notes, Contains(HasSubstr("attempt on rte is left blank")));
  EXPECT_THAT(published.notes, Contains(HasSubstr("second-hand")));
}

TEST_F(ReportTest, DemoResultsAreNeverBesidePublishedOnes) {
  StudyEntry& entry = add("attempt", "mnli", 1);
  TrialRecord record = record_of(entry, 170);
  record.synthetic = true;
  publish_record(entry, record);
  EXPECT_THAT(published_table(grid()).lines, IsEmpty());
}

TEST_F(ReportTest, TasksAreTheUnitOfComparisonsOverTasks) {
  for (const std::string task : {"rte", "cola", "mrpc", "qnli", "sst2", "boolq"}) {
    finish("attempt", task, 1, 150);
    finish("adapter", task, 1, 150 + static_cast<int>(task.size()));
  }
  finish("bitfit", "rte", 1, 100);
  const TextTable table = comparison_table(grid());
  EXPECT_EQ(table.title, "Over tasks, against attempt");
  EXPECT_EQ(table.lines[0][0].text, "adapter");
  EXPECT_EQ(table.lines[0][3].text, "+1.00");
  EXPECT_EQ(table.lines[0][8].text, "different");  // 2 / 64; the other line takes no part
  EXPECT_EQ(table.lines[1][8].text, "n too small");
}

TEST_F(ReportTest, HoursWithPhaseOneCountEverySourceOnce) {
  StudyEntry& source = add("prompt_tuning", "mnli", 1);
  source.phase = "source";
  publish_record(source, record_of(source, 150));
  StudyEntry& entry = add("spot", "rte", 1);
  entry.depends_on = {"prompt_tuning-mnli-1"};
  publish_record(entry, record_of(entry, 150));
  const ScoreGrid& scores = grid();
  const std::vector<CostPoint> points = cost_points(studies_, scores);
  ASSERT_EQ(points.size(), 1U);
  EXPECT_DOUBLE_EQ(points[0].hours, 1);
  EXPECT_DOUBLE_EQ(points[0].hours_with_sources, 2);
  EXPECT_TRUE(points[0].is_pareto_hours);
  EXPECT_EQ(speed_table(scores).lines[0][1].text, "2");  // 50 is below 95 % of 60
}

TEST_F(ReportTest, UnusableFilesAreNamed) {
  finish("adapter", "rte", 1, 150);
  damage("adapter-rte-1");
  StudyEntry& other = add("bitfit", "rte", 1);
  TrialRecord record = record_of(other, 150);
  record.trial_id = "another";
  write_trial_file(folder_.trial(other.trial_id), record);
  write_digest_file(folder_.trial(other.trial_id), sha256_file(folder_.trial(other.trial_id)));
  other.status = TrialStatus::kSucceeded;

  grid();

  EXPECT_THAT(studies_[0].trials[0].problem, HasSubstr("is damaged"));
  EXPECT_THAT(studies_[0].trials[1].problem, HasSubstr("is of trial 'another'"));
  EXPECT_EQ(grid_.find(0, 0)->missing_reason(), "1 cannot be read");
}

TEST_F(ReportTest, ANewerFormatIsNamed) {
  finish("adapter", "rte", 1, 150);
  const std::filesystem::path file = folder_.trial("adapter-rte-1");
  {
    H5::H5File h5(file, H5F_ACC_RDWR);
    const std::int64_t newer = kTrialFormatVersion + 1;
    h5.openAttribute("format_version").write(H5::PredType::NATIVE_INT64, &newer);
  }
  write_digest_file(file, sha256_file(file));
  grid();
  EXPECT_THAT(studies_[0].trials[0].problem,
              HasSubstr("is of format 2 (this program reads up to 1)"));
}

TEST_F(ReportTest, TwoTrialsWithOneIdAreRefused) {
  add("adapter", "rte", 1);
  add("adapter", "rte", 1);
  EXPECT_THROW(read_study(source_, {}), StoreError);
}

TEST_F(ReportTest, AStudyWithoutFinishedTrialsMakesAPage) {
  add("adapter", "rte", 1);
  grid();
  write_report(studies_, {.folder = temporary_ / "out", .plotly = ""});
  const std::string page = test::read_file(temporary_ / "out/index.html");
  EXPECT_THAT(page, HasSubstr("No trial has finished yet"));
  EXPECT_THAT(page, HasSubstr("1 waiting"));
  EXPECT_THAT(page, HasSubstr("Tables only"));
}

TEST_F(ReportTest, DiagnosisNamesWhatLooksWrong) {
  StudyEntry& entry = add("adapter", "rte", 1);
  TrialRecord record = record_of(entry, 100);
  record.config = "[train]\ngradient_clip = 1.0\n";
  record.test.at("rte").predictions.assign(kExamples, "ye");  // half are beginnings of "yes"
  record.test.at("rte").metrics["unparsable"] = kExamples;
  record.train = {.step = {1, 2},
                  .loss = {1, 1},
                  .learning_rate = {0.1, 0.2},
                  .gradient_norm = {2, 3},
                  .task_loss = {}};
  record.evaluations.parameter_norm = {10, 10.01};
  record.selected_step = 1;
  record.counts = R"({"rte": {"truncated_sources": {"test": 20}}})";
  publish_record(entry, record);
  grid();
  EXPECT_THAT(
      studies_[0].trials[0].findings,
      ElementsAre(HasSubstr("one class predicted"), HasSubstr("answers truncated"),
                  HasSubstr("outside the label set"), HasSubstr("inputs truncated: 20 of 200"),
                  HasSubstr("never left warm-up"), HasSubstr("clipped at every step"),
                  HasSubstr("best at the first evaluation"), HasSubstr("hardly moved")));
}

TEST_F(ReportTest, AStandingNormIsNoFindingWhereTheLossFell) {
  StudyEntry& entry = add("fine_tuning", "rte", 1);
  TrialRecord record = record_of(entry, 150);
  record.train = {.step = {1, 2},
                  .loss = {1, 0.5},
                  .learning_rate = {0.2, 0.1},
                  .gradient_norm = {1, 1},
                  .task_loss = {}};
  record.evaluations.parameter_norm = {1000, 1000.1};
  publish_record(entry, record);
  grid();
  EXPECT_THAT(studies_[0].trials[0].findings, IsEmpty());
}

TEST_F(ReportTest, NothingIsFoundInASoundTrial) {
  finish("adapter", "rte", 1, 150);
  grid();
  EXPECT_THAT(studies_[0].trials[0].findings, IsEmpty());
}

TEST(TextTableTest, EveryFormatEscapesItsOwnSigns) {
  const TextTable table{
      "t", "A & B", {"a_b", "x"}, {{{"<b>"}, {"1|2, \"3\" ± 4", true}}}, {"50 %"}};
  EXPECT_THAT(to_html(table), HasSubstr("&lt;b&gt;"));
  EXPECT_THAT(to_html(table), Not(HasSubstr("<b>")));
  EXPECT_THAT(to_markdown(table), HasSubstr("| &lt;b> | **1\\|2, \"3\" ± 4** |"));
  EXPECT_THAT(to_csv(table), HasSubstr("<b>,\"1|2, \"\"3\"\" ± 4\""));
  EXPECT_THAT(to_latex(table),
              HasSubstr("a\\_b & x \\\\\n\\midrule\n<b> & \\textbf{1|2, \"3\" $\\pm$ 4}"));
  EXPECT_THAT(to_latex(table), HasSubstr("\\toprule"));
  EXPECT_THAT(to_latex(table), HasSubstr("50 \\%"));
}

TEST(PublishedFiguresTest, DisputedFiguresAreLeftOut) {
  const PublishedRow* attempt = published_figures().find("attempt");
  ASSERT_NE(attempt, nullptr);
  EXPECT_EQ(attempt->scores.at("mnli"), 84.3);
  EXPECT_FALSE(attempt->scores.contains("rte"));
  EXPECT_TRUE(attempt->left_out.contains("rte"));
  EXPECT_EQ(published_figures().find("prompt_tuning"), nullptr);
}

}  // namespace
}  // namespace attempt::results
