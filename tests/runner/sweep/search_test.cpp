#include <gmock/gmock.h>

#include <set>

#include "runner/sweep/expand.h"
#include "runner/sweep/search_space.h"
#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::Field;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string kTargets = R"(
[targets]
tasks = ["rte", "cola"]
methods = ["frozen", "prompt_tuning"]
)";
const std::string kSearch = R"(
[search]
sampler = "sobol"
trials = 8
seeds = [1, 2]
[search.space]
"method.prompt_tuning.learning_rate" = { low = 0.01, high = 1.0, log = true }
"method.prompt_tuning.prompt_length" = { low = 10, high = 100, step = 10 }
)";

config::SweepFile sweep_of(const std::string& toml) {
  const attempt::test::TemporaryFolder folder;
  attempt::test::write_file(folder / "study.toml", toml + "\n[model]\npath = \"t5\"\n");
  return config::read_sweep(folder / "study.toml", {});
}

Plan plan_after(const std::string& toml, const SearchStates& searched) {
  SampleInputs inputs;
  return expand(sweep_of(toml), inputs, searched);
}

Draft draft_of(const config::SweepFile& sweep) {
  Draft draft = target_draft(sweep, sweep.methods.front());
  draft.task = sweep.target_tasks.front().name;
  return draft;
}

TEST(SearchTest, EveryConfigurationIsTrainedWithTheSeedsOfTheSearch) {
  const Plan plan = plan_of(kTargets + kSearch);
  const auto searched = trials_of(plan, "search", "prompt_tuning");
  EXPECT_THAT(searched, SizeIs(2 * 8 * 2));  // tasks, configurations, seeds
  std::set<double> rates;
  for (const PlannedTrial* trial : searched) {
    const double rate = trial->spec.train.optimizer.learning_rate;
    EXPECT_GE(rate, 0.01);
    EXPECT_LE(rate, 1);
    EXPECT_EQ(trial->spec.method_options.prompt_length % 10, 0);
    EXPECT_EQ(trial->spec.save_parameters, "none");
    rates.insert(rate);
  }
  EXPECT_THAT(rates, SizeIs(8));
}

TEST(SearchTest, WhatTheSpaceDoesNotConcernIsTrainedAtOnce) {
  const Plan plan = plan_of(kTargets + kSearch);
  EXPECT_THAT(trials_of(plan, "target", "frozen"), SizeIs(2));
  EXPECT_THAT(trials_of(plan, "search", "frozen"), SizeIs(0));
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(0));
  // A search over training has nothing to say to a method that does not train.
  const Plan of_all = plan_of(kTargets +
                              "[search]\nsampler = \"random\"\n[search.space]\n"
                              "\"train.learning_rate_scale\" = { low = 0.1, high = 10, log = true "
                              "}\n");
  EXPECT_THAT(trials_of(of_all, "search", "frozen"), SizeIs(0));
  EXPECT_THAT(trials_of(of_all, "search", "prompt_tuning"), SizeIs(2 * 20 * 2));
}

TEST(SearchTest, TheChosenConfigurationIsTrainedWithTheSeedsOfTheStudy) {
  const std::string toml = kTargets + kSearch + "[sweep]\nseeds = [42, 43, 44]\n";
  const Plan before = plan_of(toml);
  ASSERT_THAT(before.searches, SizeIs(2));
  EXPECT_EQ(before.searches[0].name, "prompt_tuning/rte");
  EXPECT_EQ(before.searches[0].chosen, -1);
  EXPECT_EQ(before.searches[0].later_trials, 3);
  EXPECT_GT(before.searches[0].later_seconds, 0);

  const Plan after = plan_after(toml, {{"prompt_tuning/rte", {.chosen = 5}}});
  const auto chosen = trials_of(after, "target", "prompt_tuning");
  ASSERT_THAT(chosen, SizeIs(3));
  const auto searched = trials_of(after, "search", "prompt_tuning");
  EXPECT_EQ(chosen[0]->spec.train.optimizer.learning_rate,
            searched[5 * 2]->spec.train.optimizer.learning_rate);
  EXPECT_EQ(chosen[0]->spec.label, "Prompt Tuning");
  EXPECT_THAT(searched[5 * 2]->spec.label, HasSubstr("configuration 5, learning_rate"));
  EXPECT_EQ(after.searches[0].later_trials, 0);
  EXPECT_EQ(after.searches[1].later_trials, 3);
}

TEST(SearchTest, SamplersDrawTheSameAgainAndOtherwiseWithAnotherSeed) {
  const config::SweepFile sweep = sweep_of(
      "[targets]\ntasks = [\"rte\"]\n"
      "methods = [\"prompt_tuning\"]\n" +
      kSearch);
  const auto space = space_of(sweep.search, draft_of(sweep));
  for (const char* name : {"random", "sobol"}) {
    const NativeSampler first(name, 0, space);
    const NativeSampler again(name, 0, space);
    const NativeSampler other(name, 1, space);
    int same_as_other = 0;
    for (std::uint64_t i = 0; i < 50; ++i) {
      EXPECT_TRUE(same_value(*first.draw(i)[0], *again.draw(i)[0])) << name << i;
      same_as_other += same_value(*first.draw(i)[0], *other.draw(i)[0]);
    }
    EXPECT_LT(same_as_other, 3) << name;
  }
}

TEST(SearchTest, SobolFillsEveryPartOfTheRangeAlike) {
  const config::SweepFile sweep = sweep_of(
      "[targets]\ntasks = [\"rte\"]\n"
      "methods = [\"prompt_tuning\"]\n" +
      kSearch);
  const NativeSampler sampler("sobol", 3, space_of(sweep.search, draft_of(sweep)));
  std::map<std::int64_t, int> lengths;
  int below = 0;
  for (std::uint64_t i = 0; i < 64; ++i) {
    const Configuration drawn = sampler.draw(i);
    below += drawn[0]->number() < 0.1;  // the middle of the log scale
    ++lengths[drawn[1]->integer()];
  }
  EXPECT_EQ(below, 32);
  EXPECT_THAT(lengths, SizeIs(10));
  for (const auto& [length, count] : lengths) EXPECT_NEAR(count, 6.4, 2) << length;
}

TEST(SearchTest, AConditionalKeyIsSetWhereItsConditionHolds) {
  const std::string toml = R"(
[sources]
tasks = ["mnli"]
[targets]
tasks = ["rte"]
methods = ["attempt"]
[search]
sampler = "random"
trials = 40
seeds = [1]
[search.space]
"method.attempt.g_hidden" = { choices = [50, 100], when = { "method.attempt.attention" = "sub" } }
"method.attempt.attention" = ["sub", "constant"]
)";
  const Plan plan = plan_of(toml);
  int with = 0;
  for (const PlannedConfiguration& configuration : plan.searches.at(0).configurations) {
    const bool is_sub = configuration.values[0].second == "\"sub\"";
    EXPECT_THAT(configuration.values, SizeIs(is_sub ? 2 : 1));
    with += is_sub;
  }
  EXPECT_GT(with, 10);
  EXPECT_LT(with, 30);
  // Equal configurations are one trial: constant, sub with 50, sub with 100.
  EXPECT_THAT(trials_of(plan, "search"), SizeIs(3));
}

TEST(SearchTest, AKeyCountsHoweverSeldomItsConditionIsMet) {
  // A constant schedule has no use for warm-up; the other schedule is drawn once in thousands.
  const Plan plan = plan_of(R"(
[targets]
tasks = ["rte"]
methods = ["prompt_tuning"]
[train]
schedule = "constant"
[search]
sampler = "random"
trials = 2
seeds = [1]
[search.space]
"train.warmup_steps" = { low = 0, high = 5000 }
"train.schedule" = { choices = ["linear", "constant"], when = { "train.warmup_steps" = 4321 } }
)");
  EXPECT_THAT(plan.searches, SizeIs(1));
}

TEST(SearchTest, ConfigurationsOfSourcePromptsHaveSourcesOfTheirOwn) {
  const std::string toml = R"(
[sources]
tasks = ["mnli"]
[targets]
tasks = ["rte"]
methods = ["attempt", "prompt_tuning"]
[search]
sampler = "random"
trials = 3
seeds = [1, 2]
[search.space]
"sources.train.learning_rate" = { low = 0.01, high = 1.0, log = true }
)";
  const Plan plan = plan_of(toml);
  EXPECT_THAT(trials_of(plan, "source"), SizeIs(3 * 2));
  EXPECT_THAT(trials_of(plan, "search", "attempt"), SizeIs(3 * 2));
  EXPECT_THAT(trials_of(plan, "target", "prompt_tuning"), SizeIs(1));
  const Plan after = plan_after(toml, {{"attempt/rte", {.chosen = 1}}});
  EXPECT_THAT(trials_of(after, "source"), SizeIs(3 * 2 + 1));
}

struct Refused {
  std::string toml;
  std::string problem;
};
class RefusedSearchTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedSearchTest, IsNamedWithPlaceReasonAndRemedy) {
  EXPECT_THAT(refusal_of(kTargets + GetParam().toml), HasSubstr(GetParam().problem));
}

const std::string kRandom = "[search]\nsampler = \"random\"\n";
const std::string kRate = "\"method.prompt_tuning.learning_rate\"";
INSTANTIATE_TEST_SUITE_P(
    Searches, RefusedSearchTest,
    testing::Values(
        Refused{kRandom, "study.toml:5:1: [search] has no 'space'"},
        Refused{kRandom + "[search.space]\n", "there is nothing to search"},
        Refused{"[search.space]\n" + kRate + " = [0.1, 0.2]\n", "[search] has no 'sampler'"},
        Refused{"[search]\nsampler = \"sobel\"\n[search.space]\n" + kRate + " = [0.1, 0.2]\n",
                "study.toml:6:1: there is no sampler 'sobel' (it draws the configurations). Did "
                "you mean 'sobol'?"},
        Refused{"[search]\nsampler = \"optuna:TPE\"\n[search.space]\n" + kRate + " = [0.1, 0.2]\n",
                "there is no sampler 'optuna:TPE'"},
        Refused{kRandom + "[search.space]\n" + kRate + " = { low = 1, high = 0.1 }\n",
                "study.toml:8:40: 'method.prompt_tuning.learning_rate' has low 1.0 and high 0.1 "
                "(nothing lies between). Write low < high"},
        Refused{kRandom + "[search.space]\n" + kRate + " = { low = 0.1 }\n",
                "has no number 'high'"},
        Refused{kRandom + "[search.space]\n" + kRate + " = 0.1\n", "there is nothing to draw from"},
        Refused{kRandom + "[search.space]\n" + kRate + " = [0.1]\n", "fewer than two choices"},
        Refused{kRandom + "[search.space]\n" + kRate + " = { low = 0.1, high = 1, lag = true }\n",
                "has no 'lag' (it would have no effect). Did you mean 'log'?"},
        Refused{kRandom + "[search.space]\n\"train.warmup_steps\" = { low = 0, high = 10, log = "
                          "true }\n",
                "on a log scale from 0"},
        Refused{kRandom + "[search.space]\n\"train.batch_size\" = { low = 8, high = 16, step = 9 "
                          "}\n",
                "the range is smaller"},
        Refused{kRandom + "[search.space]\n\"sweep.seeds\" = [[1], [2]]\n",
                "'sweep.seeds' is not a setting of trials"},
        Refused{kRandom + "[search.space]\n\"train.batch_size\" = { low = 0, high = 16 }\n",
                "train.batch_size"},
        Refused{kRandom + "[search.space]\n" + kRate +
                    " = { low = 0.1, high = 1, when = { \"train.batch_size\" = 8 } }\n",
                "has a 'when' on 'train.batch_size' (which is not in the space"},
        Refused{kRandom + "[search.space]\n\"train.batch_size\" = [4, 8]\n" + kRate +
                    " = { low = 0.1, high = 1, when = { \"train.batch_size\" = 16 } }\n",
                "(the space never draws that)"},
        Refused{kRandom + "[search.space]\n\"method.lora.rank\" = [4, 8]\n",
                "study.toml:5:1: [search.space] has no key that a method of [targets] uses"},
        Refused{kSearch + "[grid]\n\"train.batch_size\" = [4, 8]\n", "beside [grid] or [zip]"},
        Refused{kSearch + "[sweep]\nseeds = [2, 3]\n", "seed 2 stands in search.seeds"},
        Refused{"[search]\nsampler = \"command\"\n[search.space]\n" + kRate + " = [0.1, 0.2]\n",
                "there is no 'command'"}));

TEST(SearchSpaceTest, AConditionOnARefusedKeyIsNotRefusedToo) {
  const std::string refusal =
      refusal_of(kTargets + kRandom + "[search.space]\n\"train.batch_size\" = [4]\n" + kRate +
                 " = { low = 0.1, high = 1, when = { \"train.batch_size\" = 4 } }\n");
  EXPECT_THAT(refusal, HasSubstr("fewer than two choices"));
  EXPECT_THAT(refusal, Not(HasSubstr("'when'")));
}

TEST(SearchSpaceTest, WithoutTargetsItsKeysAreNotBlamed) {
  const std::string refusal = refusal_of("[targets]\ntasks = []\nmethods = [\"prompt_tuning\"]\n" +
                                         kRandom + "[search.space]\n" + kRate + " = [0.1, 0.2]\n");
  EXPECT_THAT(refusal, HasSubstr("has no methods and tasks to search for"));
  EXPECT_THAT(refusal, Not(HasSubstr("has no key that a method")));
}

TEST(SearchSpaceTest, WarnsOfAKeyThatNoTargetHas) {
  const Plan plan = plan_of(kTargets + kRandom + "[search.space]\n" + kRate +
                            " = [0.1, 0.2]\n\"method.lora.rank\" = [4, 8]\n");
  EXPECT_THAT(plan.warnings,
              Contains(AllOf(HasSubstr("study.toml:9:"), HasSubstr("method.lora.rank"),
                             HasSubstr("it is not drawn"))));
  EXPECT_THAT(plan.warnings, Not(Contains(HasSubstr("prompt_tuning.learning_rate"))));
}

TEST(SearchSpaceTest, NamesOfTrialsHaveNumbersOfFourDigits) {
  const Plan plan =
      plan_of(kTargets + kRandom + "[search.space]\n" + kRate + " = [0.123456789, 0.2]\n");
  EXPECT_THAT(plan.trials,
              Contains(Field(&PlannedTrial::spec,
                             Field(&TrialSpec::label, EndsWith("learning_rate 0.1235")))));
}

}  // namespace
}  // namespace attempt::sweep::test
