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

}  // namespace
}  // namespace attempt::model
