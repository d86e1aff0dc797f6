#include "runner/config/value.h"

#include <gmock/gmock.h>

#include <cmath>

#include "runner/config/nearest_name.h"
#include "runner/config/toml_reader.h"

namespace attempt::config {
namespace {

TEST(ValueTest, WritesNumbersShortestAndExact) {
  EXPECT_EQ(number_text(0.3), "0.3");
  EXPECT_EQ(number_text(1e-5), "1e-05");
  EXPECT_EQ(number_text(20), "20.0");
  EXPECT_EQ(number_text(1.0 / 3), "0.3333333333333333");
  for (const double number : {0.1, 1e300, 2.5e-308, 123456789.123}) {
    EXPECT_EQ(std::stod(number_text(number)), number);
  }
}

TEST(ValueTest, DocumentsReadBackAsTheyWere) {
  const std::string text = R"(
top = 1
[a]
text = "quote \" backslash \\ tab \t newline \n"
list = [1, 2.5, "x", [true]]
"dotted.key" = { inner = "y" }
[a.b]
c = -3
[[rows]]
n = 1
[[rows]]
n = 2
when = { task = ["x", "y"] }
)";
  const Value first = parse_toml(text, "first");
  const std::string written = document_toml(first);
  EXPECT_EQ(document_toml(parse_toml(written, "second")), written);
  EXPECT_EQ(parse_toml(written, "second").find("a")->find("text")->text(),
            first.find("a")->find("text")->text());
  EXPECT_EQ(first.find("rows")->array().size(), 2u);
}

TEST(ValueTest, KnowsWhereValuesStand) {
  const Value document = parse_toml("[a]\n  key = 1\n", "file");
  EXPECT_EQ(document.find("a")->find("key")->at, (Position{"file", 2, 3}));
}

TEST(ValueTest, SplitsDottedKeys) {
  EXPECT_THAT(split_key("a.\"b.c\".d"), testing::ElementsAre("a", "b.c", "d"));
  EXPECT_THROW(split_key("a..b"), std::invalid_argument);
  EXPECT_THROW(split_key(""), std::invalid_argument);
  EXPECT_THROW(split_key("a.\"b"), std::invalid_argument);
}

TEST(ValueTest, FindsTheNearestName) {
  EXPECT_EQ(nearest_name("epoch", {"batch_size", "epochs"}), "epochs");
  EXPECT_EQ(nearest_name("Epochs", {"batch_size", "epochs"}), "epochs");
  EXPECT_EQ(nearest_name("zzzzzz", {"batch_size", "epochs"}), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'x'), {"batch_size"}), "");
}

}  // namespace
}  // namespace attempt::config
