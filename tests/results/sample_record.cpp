#include "tests/results/sample_record.h"

#include <limits>

namespace attempt::test {

results::TrialRecord sample_record() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  results::TrialRecord record;
  record.trial_id = "0123456789abcdef0123456789abcdef";
  record.phase = "target";
  record.method = "attempt";
  record.variant = "attempt_uniform";
  record.tasks = {"rte", "mrpc"};
  record.seed = 42;
  record.status = "succeeded";
  record.config = "[sweep]\nname = \"größer\"\n\n[few_shot]\nk = 16\n" + std::string(100'000, '#');
  record.provenance = R"({"host": "one", "backbone": "/models/t5-base"})";
  record.trainable_parameters = 76'800;
  record.depends_on = {"fedcba9876543210fedcba9876543210"};
  record.selected_step = 2;
  record.comparable = true;
  record.synthetic = false;
  record.exact = true;
  record.compat = R"({"mode": "corrected"})";
  record.sources = R"({"names": ["mnli"]})";
  record.counts = R"({"train": 2490})";
  record.train = {.step = {1, 2, 3},
                  .loss = {0.5, 0.25, 0.1},
                  .learning_rate = {0.3, 0.2, 0.1},
                  .gradient_norm = {1.5, 1.25, 1e-300},
                  .task_loss = {{"mrpc", {0.5, nan, 0.1}}, {"rte", {nan, 0.25, 0.1}}}};
  record.evaluations = {.step = {2, 3},
                        .metrics = {{"mrpc", {{"f1", {80.5, 81.0}}, {"loss", {0.4, 0.3}}}},
                                    {"rte", {{"accuracy", {52.7, 60.0}}, {"unparsable", {3, 0}}}}},
                        .parameter_norm = {10.5, 11.0},
                        .attention_entropy = {0.69, 0.5},
                        .selection = {66.6, 70.5}};
  record.test["rte"] = {.metrics = {{"accuracy", 61.25}, {"loss", 0.7}, {"constant_score", 52.7}},
                        .predictions = {"entailment", "", "日本語"},
                        .targets = {"entailment", "not_entailment", "x"},
                        .ids = {"0", "1", "2"}};
  record.test["mrpc"] = {.metrics = {{"f1", 81.5}}, .predictions = {}, .targets = {}, .ids = {}};
  record.parameters = {{"prompt", {2, 3}, {1.5F, -2.0F, 3.25F, 0.0F, -0.0F, 1e-38F}},
                       {"G.W_down", {2, 1}, {0.5F, 0.25F}, {"rte", "größer"}},
                       {"A.empty", {0, 4}, {}}};
  record.attention["rte"] = {
      .names = {"mnli", "target"}, .shape = {2}, .mean = {0.25, 0.75}, .std = {0.1, 0.2}};
  record.attention["mrpc"] = {
      .names = {"mnli", "target"}, .shape = {2, 2}, .mean = {1, 2, 3, 4}, .std = {5, 6, 7, 8}};
  record.cost = {.train_seconds = 12.5,
                 .evaluation_seconds = 2.25,
                 .peak_memory_bytes = 6'000'000'000,
                 .examples_per_second = 33.5,
                 .tokens = 123'456,
                 .device = "cpu",
                 .attempts = 2,
                 .micro_batch = 8,
                 .bundle_width = 1};
  return record;
}

}  // namespace attempt::test
