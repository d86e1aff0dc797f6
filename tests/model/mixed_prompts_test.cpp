#include "model/methods/mixed_prompts.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/model/every_method.h"
#include "tests/model/golden.h"

namespace attempt::model {
namespace {

using namespace attempt::test;

class MixedPromptsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Method> trained(const std::string& name) {
    std::unique_ptr<Method> method = make_method(inputs_of_case(*t5, name));
    disturb(*method);
    return method;
  }

  const std::unique_ptr<T5> t5 = golden_backbone("t5_v1_0");
};

// Four rows of one batch belong to four models: one prompt, mixtures by the row, several tasks.
TEST_F(MixedPromptsTest, EveryRowIsAnsweredAsByItsOwnModel) {
  const std::unique_ptr<Method> tuned = trained("prompt_tuning");
  const std::unique_ptr<Method> mixture = trained("attempt");
  const std::unique_ptr<Method> several = trained("attempt_m:token");
  MixedPrompts mixed(
      *t5, {{mixture.get(), 0}, {several.get(), 1}, {tuned.get(), 0}, {several.get(), 0}});
  Batch batch = small_batch();
  batch.task_ids = at::tensor({2, 3, 0, 1}, at::kLong);
  const Prediction together = mixed.predict(batch, 4);
  const std::vector<std::pair<Method*, std::int64_t>> owners = {
      {tuned.get(), 0}, {several.get(), 0}, {mixture.get(), 0}, {several.get(), 1}};
  for (std::int64_t row = 0; row < 4; ++row) {
    SCOPED_TRACE(row);
    const auto& [owner, task] = owners[static_cast<std::size_t>(row)];
    Batch alone = small_batch();
    alone.task_ids = at::full({4}, task, at::kLong);
    const Prediction expected = owner->predict(alone, 4);
    const double loss = expected.loss.row_nll[row].item<double>();
    EXPECT_NEAR(together.loss.row_nll[row].item<double>(), loss, 1e-5 * loss);
    const std::int64_t width = std::min(together.tokens.size(1), expected.tokens.size(1));
    EXPECT_TRUE(at::equal(together.tokens[row].slice(0, 0, width),
                          expected.tokens[row].slice(0, 0, width)));
    for (const auto& [other, other_task] : owners) {  // else no mistake would be seen
      if (other == owner && other_task == task) continue;
      alone.task_ids.fill_(other_task);
      EXPECT_GT(std::abs(other->predict(alone, 1).loss.row_nll[row].item<double>() - loss), 1e-3);
    }
  }
}

TEST_F(MixedPromptsTest, AttentionIsThatOfTheMembersOwnRows) {
  const std::unique_ptr<Method> tuned = trained("prompt_tuning");
  const std::unique_ptr<Method> mixture = trained("attempt");
  const MixedPrompts mixed(*t5, {{tuned.get(), 0}, {mixture.get(), 0}});
  Batch batch = small_batch();
  batch.task_ids = at::tensor({0, 1, 0, 1}, at::kLong);
  EXPECT_FALSE(mixed.attention_of(0, batch).weights.defined());
  const SourceAttention found = mixed.attention_of(1, batch);
  const SourceAttention all = mixture->attention(small_batch());
  EXPECT_EQ(found.names, all.names);
  EXPECT_TRUE(at::allclose(found.weights, all.weights.index_select(0, at::tensor({1, 3})), 1e-6));
}

TEST_F(MixedPromptsTest, OnlyPromptsInFrontOfTheTextAreMixed) {
  const auto mixes = [&](const char* name) {
    return MixedPrompts::mixes(inputs_of_case(*t5, name).options);
  };
  for (const char* name : {"prompt_tuning", "prompt_tuning_m", "spot", "p_tuning", "attempt",
                           "attempt_m", "attempt:token", "attempt:no_target"}) {
    EXPECT_TRUE(mixes(name)) << name;
  }
  for (const char* name :
       {"frozen", "fine_tuning", "lora", "adapter_m", "prefix_tuning", "prompt_tuning:deep",
        "prompt_tuning:suffix", "p_tuning:between", "attempt:deep", "attempt:pooling_all"}) {
    EXPECT_FALSE(mixes(name)) << name;
  }
}

}  // namespace
}  // namespace attempt::model
