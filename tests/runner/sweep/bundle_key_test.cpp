#include "runner/sweep/bundle_key.h"

#include <gtest/gtest.h>

#include <functional>

namespace attempt::sweep {
namespace {

TrialSpec prompt_trial() {
  TrialSpec spec;
  spec.phase = "target";
  spec.method_options.method = "prompt_tuning";
  spec.tasks = {TaskSpec{.name = "rte"}};
  spec.train.total_steps = 100;
  return spec;
}

std::string key_with(const std::function<void(TrialSpec&)>& change) {
  TrialSpec spec = prompt_trial();
  change(spec);
  return bundle_key(spec);
}

TEST(BundleKeyTest, SeedsRatesTasksAndStartsOfPromptsShareAPass) {
  const std::string key = bundle_key(prompt_trial());
  EXPECT_NE(key, "");
  EXPECT_EQ(key_with([](TrialSpec& spec) { spec.seed = 7; }), key);
  EXPECT_EQ(key_with([](TrialSpec& spec) { spec.train.optimizer.learning_rate = 0.1; }), key);
  EXPECT_EQ(key_with([](TrialSpec& spec) { spec.train.total_steps = 9; }), key);
  EXPECT_EQ(key_with([](TrialSpec& spec) { spec.tasks[0].name = "cola"; }), key);
  EXPECT_EQ(key_with([](TrialSpec& spec) { spec.method_options.method = "spot"; }), key);
}

TEST(BundleKeyTest, WhatChangesTheShapeOfAPassOrItsLossIsInTheKey) {
  const std::string key = bundle_key(prompt_trial());
  const std::vector<std::function<void(TrialSpec&)>> changes = {
      [](TrialSpec& spec) { spec.model.fingerprint = "other"; },
      [](TrialSpec& spec) { spec.model.precision = "bf16"; },
      [](TrialSpec& spec) { spec.model.dropout = 0.2; },
      [](TrialSpec& spec) { spec.method_options.prompt_length = 5; },
      [](TrialSpec& spec) { spec.train.batch_size = 16; },
      [](TrialSpec& spec) { spec.train.label_smoothing = 0.1; },
      [](TrialSpec& spec) { spec.train.loss_weight = "example"; },
      [](TrialSpec& spec) { spec.tasks[0].max_source_length = 348; },
      [](TrialSpec& spec) { spec.threads = 3; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_NE(key_with(changes[i]), key) << i;
    EXPECT_NE(key_with(changes[i]), "") << i;
  }
}

TEST(BundleKeyTest, WhoseTrainingIsMoreThanAPromptInFrontSharesWithNobody) {
  for (const char* method : {"frozen", "attempt", "lora", "fine_tuning", "prompt_tuning_m"}) {
    EXPECT_EQ(key_with([&](TrialSpec& spec) { spec.method_options.method = method; }), "");
  }
  const std::vector<std::function<void(TrialSpec&)>> changes = {
      [](TrialSpec& spec) { spec.method_options.is_deep = true; },
      [](TrialSpec& spec) { spec.method_options.placement = model::PromptPlacement::kBetween; },
      [](TrialSpec& spec) { spec.train.micro_batch = 8; },
      [](TrialSpec& spec) { spec.train.total_steps = 0; },
      [](TrialSpec& spec) { spec.tasks.push_back(spec.tasks.front()); },
      [](TrialSpec& spec) { spec.trainable_parameters = 2 << 20; },
      [](TrialSpec& spec) { spec.phase = "probe"; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) EXPECT_EQ(key_with(changes[i]), "") << i;
}

}  // namespace
}  // namespace attempt::sweep
