#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/method.h"
#include "tests/model/every_method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

// Rows between the end token and the padding: more padding changes nothing, and a row without
// padding has them at its end.
TEST(PromptPlacementTest, SuffixStandsBeforeThePadding) {
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  const Batch batch = small_batch();
  Dropout none;
  const auto inputs = [&](const char* name) { return inputs_of_case(*t5, name); };
  const std::unique_ptr<Method> suffix = make_method(inputs("prompt_tuning:suffix"));
  const std::unique_ptr<Method> prefix = make_method(inputs("prompt_tuning"));
  Batch wider = batch;
  wider.input_ids = at::constant_pad_nd(batch.input_ids, {0, 5}, 0);
  wider.attention_mask = at::constant_pad_nd(batch.attention_mask, {0, 5}, 0);
  const double expected = suffix->loss(batch, none).nll.item<double>();
  EXPECT_NEAR(suffix->loss(wider, none).nll.item<double>(), expected, 1e-6 * expected);
  EXPECT_GT(std::abs(prefix->loss(batch, none).nll.item<double>() - expected), 1e-5);

  // The rows of the prompt are embeddings, so the same input can be written as ids.
  MethodInputs of_words = inputs("prompt_tuning:suffix");
  of_words.options.init = PromptInit::kText;
  of_words.init_ids = {30, 31, 32, 33, 34};
  MethodInputs frozen;
  frozen.options.method = "frozen";
  frozen.backbone = t5.get();
  Batch words = wider;
  for (std::int64_t row = 0; row < 4; ++row) {
    const std::int64_t length = batch.attention_mask[row].sum().item<std::int64_t>();
    words.input_ids[row].slice(0, length, length + 5).copy_(at::tensor(of_words.init_ids));
    words.attention_mask[row].slice(0, length, length + 5).fill_(true);
  }
  const double plain = make_method(frozen)->loss(words, none).nll.item<double>();
  EXPECT_NEAR(make_method(of_words)->loss(batch, none).nll.item<double>(), plain, 1e-6 * plain);
}

// Ten texts of two tasks, whose second field begins with 50 51 (task 0) or 60 (task 1), and the
// same texts with the prompt's rows written among them as words.
TEST(PromptPlacementTest, BetweenStandsBeforeTheTextInFrontOfItsSecondFieldAndBehindIt) {
  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
  struct Text {
    std::int64_t task;
    std::vector<std::int64_t> ids, with_rows;
  };
  const std::vector<Text> texts = {
      {0, {7, 8, 50, 51, 9, 1}, {30, 31, 7, 8, 32, 33, 50, 51, 9, 1, 34}},
      {0, {50, 51, 9, 50, 51, 1}, {30, 31, 32, 33, 50, 51, 9, 50, 51, 1, 34}},  // the first counts
      {0, {7, 50, 8, 51, 1}, {30, 31, 7, 50, 8, 51, 1, 32, 33, 34}},            // cut off
      {1, {50, 51, 60, 1}, {30, 31, 50, 51, 32, 33, 60, 1, 34}}};
  const auto batch_of = [&](bool has_rows) {
    const auto count = static_cast<std::int64_t>(texts.size());
    Batch batch;
    batch.input_ids = at::zeros({count, 13}, at::kLong);
    batch.attention_mask = at::zeros({count, 13}, at::kBool);
    batch.labels = at::full({count, 2}, 20, at::kLong);
    batch.task_ids = at::zeros({count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i) {
      const Text& text = texts[static_cast<std::size_t>(i)];
      const auto& ids = has_rows ? text.with_rows : text.ids;
      const auto length = static_cast<std::int64_t>(ids.size());
      batch.input_ids[i].slice(0, 0, length).copy_(at::tensor(ids));
      batch.attention_mask[i].slice(0, 0, length).fill_(true);
      batch.task_ids[i] = text.task;
    }
    return batch;
  };
  MethodInputs inputs = inputs_of_case(*t5, "prompt_tuning_m");
  inputs.options.placement = PromptPlacement::kBetween;
  inputs.options.placement_rows = {2, 2, 1};
  inputs.options.init = PromptInit::kText;
  inputs.init_ids = {30, 31, 32, 33, 34};
  inputs.second_field_ids = {{50, 51}, {60}};
  MethodInputs frozen;
  frozen.options.method = "frozen";
  frozen.backbone = t5.get();
  Dropout none;

  const LossSum got = make_method(inputs)->loss(batch_of(false), none);
  const LossSum expected = make_method(frozen)->loss(batch_of(true), none);

  EXPECT_TRUE(at::allclose(got.row_nll, expected.row_nll, 1e-6)) << got.row_nll << expected.row_nll;
}

}  // namespace
}  // namespace attempt::model
