#include <gtest/gtest.h>

#include <array>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::sweep::test {
namespace {

struct MethodRow {
  std::string id;
  std::array<std::int64_t, 3> counts;  ///< T5-small, base, large
};

// Trained parameters of the specification's method table: 100 prompt rows, six sources, r = 100,
// 20 prefix rows, rank 8, reduction 32.
const std::vector<MethodRow> kMethodTable = {
    {"frozen", {0, 0, 0}},
    {"fine_tuning", {60'506'624, 222'903'552, 737'668'096}},
    {"bitfit", {115'072, 280'960, 695'680}},
    {"bitfit:no_head", {82'944, 248'832, 663'552}},
    {"bitfit:norm_scales", {16'384, 47'616, 124'928}},
    {"adapter", {422'272, 1'855'104, 6'517'760}},
    {"adapter_drop", {286'976, 1'101'984, 3'854'080}},
    {"lora", {294'912, 884'736, 2'359'296}},
    {"ia3", {43'008, 129'024, 344'064}},
    {"prompt_tuning", {51'200, 76'800, 102'400}},
    {"prompt_tuning:deep", {307'200, 921'600, 2'457'600}},
    {"spot", {51'200, 76'800, 102'400}},
    {"prefix_tuning", {10'274'304, 29'594'112, 77'280'768}},
    {"prefix_tuning:direct", {368'640, 1'105'920, 2'949'120}},
    {"prefix_tuning:peft", {614'400, 1'843'200, 4'915'200}},
    {"prefix_tuning:peft_projection", {3'465'728, 14'841'600, 51'532'800}},
    {"p_tuning", {3'730'432, 8'348'160, 14'800'896}},
    {"p_tuning:mlp", {839'168, 1'848'576, 3'251'200}},
    {"p_tuning_v2", {368'640, 1'105'920, 2'949'120}},
    {"attempt", {154'624, 231'936, 309'248}},
    {"attempt:authors", {153'600, 230'400, 307'200}},
    {"attempt:linear", {314'368, 668'160, 1'153'024}},
    {"attempt:dot", {51'200, 76'800, 102'400}},
    {"attempt:constant", {51'200, 76'800, 102'400}},
    {"attempt:token", {154'624, 231'936, 309'248}},
    {"attempt:cross_prompt", {285'696, 428'544, 571'392}},
    {"attempt:no_target", {103'424, 155'136, 206'848}},
    {"attempt:single_source", {154'624, 231'936, 309'248}},
    {"attempt:tuned_sources", {461'824, 692'736, 923'648}},
    {"attempt:learned_temperature", {154'625, 231'937, 309'249}},
    {"attempt:deep", {410'624, 1'076'736, 2'664'448}},
    {"attempt:deep_per_layer_attention", {410'624, 1'076'736, 2'664'448}},
    {"attempt:deep_gains", {154'630, 231'948, 309'272}},
    {"attempt:mlp", {565'136, 847'504, 1'129'872}},
    {"attempt:lstm", {3'833'856, 8'503'296, 15'007'744}},
};

model::T5Config t5(std::int64_t d_model, std::int64_t heads, std::int64_t d_ff,
                   std::int64_t layers) {
  model::T5Config config;
  config.vocab_size = 32128;
  config.d_model = d_model;
  config.d_kv = 64;
  config.num_heads = heads;
  config.d_ff = d_ff;
  config.num_layers = layers;
  config.num_decoder_layers = layers;
  return config;
}

TEST(MethodTableTest, PlanCountsEveryMethodAndVariantAsSpecified) {
  const std::array<model::T5Config, 3> sizes = {t5(512, 8, 2048, 6), t5(768, 12, 3072, 12),
                                                t5(1024, 16, 4096, 24)};
  for (std::size_t size = 0; size < sizes.size(); ++size) {
    for (const MethodRow& row : kMethodTable) {
      SampleInputs inputs;
      inputs.config = sizes[size];
      const Plan plan = plan_of(
          "[sources]\ntasks = [\"mnli\", \"qnli\", \"qqp\", \"sst2\", \"squad\", \"stsb\"]\n"
          "[targets]\ntasks = [\"rte\"]\nmethods = [\"" +
              row.id + "\"]\n",
          inputs);
      const auto targets = trials_of(plan, "target");
      ASSERT_EQ(targets.size(), 1U) << row.id;
      EXPECT_EQ(targets[0]->spec.trainable_parameters, row.counts[size])
          << row.id << " at size " << size;
    }
  }
}

}  // namespace
}  // namespace attempt::sweep::test
