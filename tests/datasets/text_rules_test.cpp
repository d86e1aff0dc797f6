#include "datasets/text_rules.h"

#include <gtest/gtest.h>

#include "datasets/number.h"
#include "datasets/unicode.h"

namespace attempt::datasets {
namespace {

TEST(PadPunctuationTest, SurroundsPunctuationAndKeepsLettersOfEveryScript) {
  EXPECT_EQ(pad_punctuation("François said: \"US$3.5-million!\""),
            "François said : \" US $ 3 . 5 - million ! \" ");
  EXPECT_EQ(pad_punctuation("it's [DOC] a_b"), "it ' s [ DOC ] a_b");
  EXPECT_EQ(pad_punctuation("What?"), "What ? ");
  EXPECT_EQ(pad_punctuation("(x"), " ( x");
  EXPECT_EQ(pad_punctuation("½ \t\n cup"), "½ cup");
}

struct StsbRow {
  double score;
  const char* authors;
  const char* corrected;
};

TEST(StsbTargetTest, FollowsBothRoundingRules) {
  for (const StsbRow& row : {StsbRow{4.750, "4.8", "4.8"},
                             {3.867, "3.9", "3.8"},
                             {2.250, "2.2", "2.2"},
                             {4.909, "4.9", "5.0"},
                             {2.500, "2.5", "2.4"},
                             {3.500, "3.5", "3.6"},
                             {0.500, "0.5", "0.4"},
                             {2.615, "2.6", "2.6"},
                             {3.3330000000000002, "3.3", "3.4"}}) {
    EXPECT_EQ(stsb_decimal_target(row.score), row.authors) << row.score;
    EXPECT_EQ(stsb_grid_target(row.score), row.corrected) << row.score;
  }
}

TEST(CleanUpSpacesTest, ReplacesInTheLibrarysOrder) {
  EXPECT_EQ(clean_up_spaces("do n't go , John 's ."), "don't go, John's.");
}

TEST(ParseNumberTest, ReadsWhatPythonsFloatReads) {
  EXPECT_EQ(parse_number(" 2.5\n"), 2.5);
  EXPECT_EQ(parse_number("+.5"), 0.5);
  EXPECT_EQ(parse_number("-2."), -2.0);
  EXPECT_EQ(parse_number("1e1"), 10.0);
  for (const char* text : {"", " ", "5,0", "2.0.1", "nan", "inf", "-", "1e999", "+-1", "0x10"}) {
    EXPECT_FALSE(parse_number(text).has_value()) << text;
  }
}

TEST(UnicodeTest, FollowsPythonsClasses) {
  EXPECT_EQ(trim("\xC2\xA0 x\xE3\x80\x80"), "x");
  EXPECT_EQ(lower("ÀÉİ"), "àéi̇");
  EXPECT_FALSE(is_valid_utf8("\xC3("));
  EXPECT_THROW(decode_utf8("\xFF"), std::invalid_argument);
}

}  // namespace
}  // namespace attempt::datasets
