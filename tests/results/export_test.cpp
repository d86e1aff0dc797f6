#include "results/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "results/store_error.h"
#include "tests/results/study_fixture.h"

namespace attempt::results {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ExportTest : public test::StudyTest {
 protected:
  std::string exported(ExportFormat format, ExportWhat what,
                       const std::vector<std::string>& ids = {"a", "b"}) const {
    std::ostringstream out;
    export_study(folder_, ids, format, what, out);
    return out.str();
  }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST_F(ExportTest, TrialsAreARowEach) {
  publish("a", 60, 1);
  publish("b", 61.5, 2);

  const auto lines = lines_of(exported(ExportFormat::kCsv, ExportWhat::kTrials));

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0],
            "trial_id,phase,method,variant,tasks,seed,status,selected_step,trainable_parameters,"
            "comparable,synthetic,exact,depends_on,train_seconds,evaluation_seconds,"
            "examples_per_second,peak_memory_bytes,tokens,device,attempts,backbone,few_shot_k,"
            "test.mrpc.f1,test.rte.accuracy,test.rte.constant_score,test.rte.loss");
  EXPECT_EQ(lines[2],
            "b,target,attempt,attempt_uniform,rte+mrpc,2,succeeded,2,76800,1,0,1,"
            "fedcba9876543210fedcba9876543210,12.5,2.25,33.5,6000000000,123456,cpu,2,t5-base,16,81."
            "5,61.5,"
            "52.7,0.7");
  const Json json = Json::parse(exported(ExportFormat::kJson, ExportWhat::kTrials, {"b"}));
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json[0]["test.rte.accuracy"], 61.5);
  EXPECT_EQ(json[0]["comparable"], true);
}

TEST_F(ExportTest, StepsWithNanWhereATaskIsAbsent) {
  publish("a", 60);

  const auto lines = lines_of(exported(ExportFormat::kCsv, ExportWhat::kSteps));

  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0],
            "trial_id,phase,method,variant,tasks,seed,step,loss,learning_rate,gradient_norm,"
            "loss.mrpc,loss.rte");
  EXPECT_EQ(lines[1], "a,target,attempt,attempt_uniform,rte+mrpc,42,1,0.5,0.3,1.5,0.5,nan");
  const Json json = Json::parse(exported(ExportFormat::kJson, ExportWhat::kSteps));
  EXPECT_EQ(json[2]["gradient_norm"], 1e-300);
  EXPECT_TRUE(json[0]["loss.rte"].is_null());
}

TEST_F(ExportTest, Evaluations) {
  publish("a", 60);

  const auto lines = lines_of(exported(ExportFormat::kCsv, ExportWhat::kEvaluations));

  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0],
            "trial_id,phase,method,variant,tasks,seed,step,selection,parameter_norm,"
            "attention_entropy,validation.mrpc.f1,validation.mrpc.loss,validation.rte.accuracy,"
            "validation.rte.unparsable");
  EXPECT_EQ(lines[1],
            "a,target,attempt,attempt_uniform,rte+mrpc,42,2,66.6,10.5,0.69,80.5,0.4,52.7,3.0");
}

TEST_F(ExportTest, QuotesCsvFields) {
  TrialRecord record = test::sample_record();
  record.trial_id = "a";
  record.variant = "one, \"two\"";
  publish_trial(folder_, record, "run", 1);

  EXPECT_THAT(exported(ExportFormat::kCsv, ExportWhat::kTrials),
              HasSubstr("attempt,\"one, \"\"two\"\"\",rte+mrpc"));
}

TEST_F(ExportTest, AStudyWithoutResults) {
  EXPECT_THAT(exported(ExportFormat::kCsv, ExportWhat::kSteps), StartsWith("trial_id,phase"));
  EXPECT_EQ(lines_of(exported(ExportFormat::kCsv, ExportWhat::kTrials)).size(), 1U);
  EXPECT_EQ(exported(ExportFormat::kJson, ExportWhat::kTrials), "[]\n");
}

TEST_F(ExportTest, TrialsOfEarlierSweepsAreLeftOut) {
  publish("earlier", 60);
  EXPECT_EQ(exported(ExportFormat::kJson, ExportWhat::kTrials, {}), "[]\n");
}

TEST_F(ExportTest, RefusesADamagedTrial) {
  publish("a", 60);
  damage("a");

  EXPECT_THROW(exported(ExportFormat::kCsv, ExportWhat::kTrials), StoreError);
}

}  // namespace
}  // namespace attempt::results
