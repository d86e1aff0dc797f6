#include "datasets/text_template.h"

#include <gmock/gmock.h>

namespace attempt::datasets {
namespace {

using testing::ElementsAre;

TEST(TextTemplateTest, NamesItsFields) {
  EXPECT_THAT(TextTemplate("a {b} {c d}{b}").fields(), ElementsAre("b", "c d", "b"));
  EXPECT_THAT(TextTemplate("{{b}}").fields(), ElementsAre());
  EXPECT_EQ(TextTemplate("{b}").only_field(), "b");
  EXPECT_EQ(TextTemplate("{b} ").only_field(), "");
  EXPECT_EQ(TextTemplate("{b}{c}").only_field(), "");
}

TEST(TextTemplateTest, RefusesBracesThatDoNotMatch) {
  for (const char* text : {"{b", "b}", "{}", "{a{b}", "{{b}"}) {
    SCOPED_TRACE(text);
    EXPECT_THROW(TextTemplate{text}, std::invalid_argument);
  }
}

TEST(TextTemplateTest, InsertsFieldsUnchanged) {
  RowNotes notes;
  const nlohmann::json fields = {{"b", " x "}, {"n", 2.5}, {"a.b", "whole name"}, {"e", ""}};
  const Row row(fields, notes);
  EXPECT_EQ(TextTemplate("<{b}> {n} {a.b} {{}}").fill(row), "< x > 2.5 whole name {}");
  EXPECT_FALSE(notes.has_empty_text);
  EXPECT_EQ(TextTemplate("{e}").fill(row), "");
  EXPECT_TRUE(notes.has_empty_text);
  EXPECT_THROW(TextTemplate("{c}").fill(row), BadRow);
}

}  // namespace
}  // namespace attempt::datasets
