#include "runner/train/made_start.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "results/digest.h"
#include "results/trial_file.h"
#include "runner/train/method_setup.h"
#include "runner/train/trial_failure.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

using attempt::test::TinyWorld;

constexpr double kRounding = 1e-7;

at::Tensor row(float x, float y) { return at::tensor({x, y}).unsqueeze(0); }

/// Two sources of one row, (1, 0) and (0, 2), and a probe at (3, 4): cosines 0.6 and 0.8.
StartMaterial material() {
  StartMaterial made;
  made.sources.prompts = {{"a", row(1, 0)}, {"b", row(0, 2)}};
  made.sources.description = {{{"name", "a"}}, {{"name", "b"}}};
  made.probe.prompts = {{"probe", row(3, 4)}};
  made.probe.description = {{{"name", "probe"}}};
  return made;
}

sweep::StartChoice choice_of(sweep::SourceChoice choice, std::int64_t top_k) {
  sweep::StartChoice made;
  made.choice = choice;
  made.top_k = top_k;
  return made;
}

TEST(MadeStartTest, MostSimilarIsABitwiseCopy) {
  const LoadedSources made =
      make_start(choice_of(sweep::SourceChoice::kMostSimilar, 0), material());

  ASSERT_EQ(made.prompts.size(), 1U);
  EXPECT_EQ(made.prompts[0].name, sweep::kMadeStart);
  EXPECT_TRUE(at::equal(made.prompts[0].value, row(0, 2)));
  EXPECT_NEAR(made.description[0]["similarity"], 0.6, kRounding);
  EXPECT_NEAR(made.description[1]["similarity"], 0.8, kRounding);
  EXPECT_EQ(made.description[0]["weight"], 0.0);
  EXPECT_EQ(made.description[1]["weight"], 1.0);
  EXPECT_EQ(made.description[2]["name"], "probe");
}

TEST(MadeStartTest, WeightsAreInProportionToTheSimilarities) {
  const LoadedSources made =
      make_start(choice_of(sweep::SourceChoice::kWeightedTopK, 2), material());

  // 0.6 / 1.4 of (1, 0) and 0.8 / 1.4 of (0, 2)
  EXPECT_NEAR(made.prompts[0].value[0][0].item<double>(), 0.6 / 1.4, kRounding);
  EXPECT_NEAR(made.prompts[0].value[0][1].item<double>(), 1.6 / 1.4, kRounding);
}

TEST(MadeStartTest, TopOneEqualsMostSimilar) {
  const auto first = make_start(choice_of(sweep::SourceChoice::kWeightedTopK, 1), material());
  const auto second = make_start(choice_of(sweep::SourceChoice::kMostSimilar, 3), material());
  EXPECT_TRUE(at::equal(first.prompts[0].value, second.prompts[0].value));
}

TEST(MadeStartTest, StoresTheSimilarityOfWhatTrainingAdded) {
  StartMaterial given = material();
  given.drawn = row(0, 3);
  sweep::StartChoice choice = choice_of(sweep::SourceChoice::kMostSimilar, 0);
  choice.of_equal_start = {"b"};

  const LoadedSources made = make_start(choice, given);

  // (0, 2) - (0, 3) = (0, -1) against (3, 4) - (0, 3) = (3, 1): -1 / sqrt(10)
  EXPECT_NEAR(made.description[1]["similarity_without_start"], -1 / std::sqrt(10.0), kRounding);
  EXPECT_TRUE(made.description[0]["similarity_without_start"].is_null());
}

TEST(MadeStartTest, NoSimilarSourceIsRefusedWithAdvice) {
  StartMaterial given = material();
  given.probe.prompts[0].value = row(-3, -4);
  try {
    make_start(choice_of(sweep::SourceChoice::kWeightedTopK, 2), given);
    FAIL() << "was made";
  } catch (const TrialFailure& error) {
    EXPECT_EQ(error.cause, "source");
    EXPECT_NE(std::string(error.what()).find("weights = \"softmax\""), std::string::npos);
  }
  EXPECT_NO_THROW(make_start(choice_of(sweep::SourceChoice::kMostSimilar, 0), given));
}

TEST(MadeStartTest, RefusesPromptsThatCannotBeCompared) {
  StartMaterial given = material();
  given.sources.prompts[0].value = at::zeros({2, 2});
  EXPECT_THROW(make_start(choice_of(sweep::SourceChoice::kMostSimilar, 0), given), TrialFailure);
  given = material();
  given.sources.prompts[1].value = row(std::numeric_limits<float>::quiet_NaN(), 1);
  EXPECT_THROW(make_start(choice_of(sweep::SourceChoice::kMostSimilar, 0), given), TrialFailure);
}

TEST(MadeStartTest, ResizedPromptsAreCutOrRepeated) {
  const at::Tensor prompt = at::arange(6, at::kFloat).view({3, 2});
  EXPECT_TRUE(at::equal(resized(prompt, 2), prompt.slice(0, 0, 2)));
  EXPECT_TRUE(at::equal(resized(prompt, 5), at::cat({prompt, prompt.slice(0, 0, 2)})));
  EXPECT_EQ(resized(prompt.unsqueeze(0), 4).sizes(), (at::IntArrayRef{1, 4, 2}));
}

class SpotTrialTest : public ::testing::Test {
 protected:
  std::string train(const std::string& name, std::uint64_t seed, std::int64_t steps) {
    sweep::TrialSpec trial = world.spec("prompt_tuning");
    trial.trial_id = results::sha256(name).substr(0, 32);
    trial.phase = "source";
    trial.seed = seed;
    trial.train.total_steps = steps;
    EXPECT_EQ(runner.run(trial, world.context(), {}).status, process::OutcomeStatus::kSucceeded);
    return trial.trial_id;
  }
  results::TrialRecord run(const sweep::TrialSpec& trial) {
    const AttemptResult result = runner.run(trial, world.context(), {});
    EXPECT_EQ(result.status, process::OutcomeStatus::kSucceeded) << result.message;
    return results::read_trial_file(world.study().trial(trial.trial_id));
  }

  TinyWorld world;
  TrialRunner runner{at::kCPU};
};

TEST_F(SpotTrialTest, StartsFromTheSourceMostLikeTheProbe) {
  sweep::TrialSpec trial = world.spec("spot");
  trial.sources = {{"a", train("a", 1, 12), "", ""}, {"b", train("b", 2, 12), "", ""}};
  sweep::StartChoice& choice = trial.start_choice;
  choice = choice_of(sweep::SourceChoice::kMostSimilar, 0);
  choice.probe = train("probe", 1, 6);
  choice.probe_start.seed = 1;
  choice.probe_start.prompt_length = 6;
  choice.of_equal_start = {"a"};
  trial.method_options.init = model::PromptInit::kSource;
  trial.method_options.start_source = sweep::kMadeStart;
  trial.train.optimizer.learning_rate = 0;
  trial.train.optimizer.weight_decay = 0;

  const results::TrialRecord got = run(trial);

  const nlohmann::json sources = nlohmann::json::parse(got.sources);
  ASSERT_EQ(sources.size(), 3U);
  EXPECT_GT(sources[0]["similarity"], sources[1]["similarity"]);  // drawn from the same rows
  EXPECT_EQ(sources[0]["weight"], 1.0);
  EXPECT_TRUE(sources[0]["similarity_without_start"].is_number());
  EXPECT_LT(std::abs(sources[0]["similarity_without_start"].get<double>()), 1.0);
  EXPECT_TRUE(sources[1]["similarity_without_start"].is_null());
  EXPECT_EQ(sources[2]["trial_id"], choice.probe);
  EXPECT_EQ(sources[2]["sha256"], results::sha256_file(world.study().trial(choice.probe)));
  const auto source =
      results::read_trial_parameter(world.study().trial(trial.sources[0].trial_id), "prompt");
  EXPECT_EQ(got.parameters.at(0).values, source.values);
}

TEST_F(SpotTrialTest, AttemptTakesThePromptOfATrialFile) {
  const std::string file = world.study().trial(train("a", 1, 12)).string();
  sweep::TrialSpec trial = world.attempt_spec("", train("b", 2, 12));
  trial.sources[0] = {"mnli", "", file, results::sha256_file(file)};
  const results::TrialRecord got = run(trial);
  EXPECT_EQ(nlohmann::json::parse(got.sources)[0]["sha256"], results::sha256_file(file));
}

}  // namespace
}  // namespace attempt::train
