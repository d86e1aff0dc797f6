#include "runner/config/names.h"

#include <gtest/gtest.h>

#include "model/shapes/method_shapes.h"
#include "runner/config/key_path.h"
#include "runner/config/key_table.h"

namespace attempt::config {
namespace {

TEST(NamesTest, EveryMethodHasALabel) {
  for (const std::string& method : model::method_ids()) {
    EXPECT_NE(method_label(method), method);
  }
  EXPECT_EQ(method_label("attempt_m"), "ATTEMPT, multi-task");
  EXPECT_EQ(method_label("hyperformer"), "HyperFormer");
}

TEST(NamesTest, VariantsOfAMethodAreThoseOfItsMultiTaskForm) {
  int of_attempt = 0, of_attempt_m = 0;
  for (const BuiltInVariant& variant : built_in_variants()) {
    of_attempt += variant.base == "attempt" ? 1 : 0;
    of_attempt_m += variant.base == "attempt_m" ? 1 : 0;
    for (const auto& [name, value] : variant.options) {
      std::string problem;
      resolve_setting({"method", variant.base, name}, {}, problem);
      EXPECT_EQ(problem, "") << variant.id;
    }
  }
  EXPECT_GT(of_attempt, 10);
  EXPECT_EQ(of_attempt_m, of_attempt);
  const BuiltInVariant* constant = find_built_in_variant("attempt_m:constant");
  ASSERT_NE(constant, nullptr);
  EXPECT_EQ(constant->base, "attempt_m");
  EXPECT_EQ(constant->label, "ATTEMPT, attention: uniform, multi-task");
  EXPECT_EQ(find_built_in_variant("hyperformer:constant"), nullptr);
}

TEST(NamesTest, MultiTaskFormsHaveTheKeysOfTheirMethod) {
  for (const std::string& method : model::method_ids()) {
    const std::string base = model::single_task_form(method);
    for (const Key* key : keys_of("method." + base)) {
      const Key* same = find_key("method." + method, key->name);
      ASSERT_NE(same, nullptr) << method << " " << key->name;
      if (key->name == "learning_rate_g") continue;
      EXPECT_EQ(same->default_value, key->default_value) << key->path();
    }
  }
  EXPECT_EQ(find_key("method.attempt", "learning_rate_g")->default_value, "0.3");
  EXPECT_EQ(find_key("method.attempt_m", "learning_rate_g")->default_value, "0.1");
  EXPECT_EQ(find_key("method.attempt", "target_update"), nullptr);
}

}  // namespace
}  // namespace attempt::config
