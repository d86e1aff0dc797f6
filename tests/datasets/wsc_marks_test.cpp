#include "datasets/wsc_marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attempt::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MarkNearestTest, TakesTheOccurrenceNearestToTheWord) {
  const MarkedText marked = mark_nearest("he saw him; then he left Al.", {"Al", 6}, {"he", 4});
  EXPECT_EQ(marked.text, "he saw him; then # he # left * Al *.");
  EXPECT_THAT(marked.unmarked, IsEmpty());
}

TEST(MarkNearestTest, MarksNestedSpansWithTheLongerOneOutside) {
  EXPECT_EQ(mark_nearest("Do their mothers know?", {"their mothers", 1}, {"their", 1}).text,
            "Do * # their # mothers * know?");
  EXPECT_EQ(mark_nearest("Do ask their", {"their", 2}, {"ask their", 1}).text,
            "Do # ask * their * #");
}

TEST(MarkNearestTest, IgnoresCaseWhitespaceAndPunctuationAtTheEnd) {
  EXPECT_EQ(mark_nearest("The old\n man, ÉVA said, left.", {"the Old man.", 0}, {"éva", 3}).text,
            "* The old\n man *, # ÉVA # said, left.");
}

TEST(MarkNearestTest, LeavesPartsOfWordsAlone) {
  const MarkedText marked = mark_nearest("They then", {"the", 0}, {"they", 0});
  EXPECT_EQ(marked.text, "# They # then");
  EXPECT_THAT(marked.unmarked, ElementsAre(1));
}

TEST(MarkNearestTest, EmptyTextAndSpansAreUnmarked) {
  EXPECT_THAT(mark_nearest("", {"", 0}, {" ", 3}).unmarked, ElementsAre(1, 2));
  EXPECT_THAT(mark_anchored("", {"", 0}, {"x", 3}).unmarked, ElementsAre(2));
}

TEST(MarkAnchoredTest, MarksOnlyExactlyAtTheWord) {
  EXPECT_EQ(mark_anchored("Al left. Al, he said", {"Al", 0}, {"he", 3}).text,
            "* Al * left. Al, # he # said");
  EXPECT_EQ(mark_anchored("Al  left. he said", {"Al", 0}, {"he", 2}).text,
            "* Al *  left. he said");  // two spaces are not one
  EXPECT_EQ(mark_anchored("he saw Al", {"Al", 2}, {"he", 0}).text, "# he # saw * Al *");
}

TEST(MarkAnchoredTest, RepairsCaseDotsAndLineBreaksOfSpans) {
  EXPECT_EQ(mark_anchored("The man saw them.", {"the man.", 0}, {"Them.", 3}).text,
            "* The man * saw # them #.");
}

TEST(MarkAnchoredTest, DotsInASpanMatchAnyCharacter) {
  EXPECT_EQ(mark_anchored("Mrs Y. saw him but Mr. Y left", {"Mr. Y", 5}, {"him", 3}).text,
            "Mrs Y. saw # him # but * Mr. Y * left");
  EXPECT_EQ(mark_anchored("Mrs Y saw Mr. Y", {"Mr. Y", 0}, {"saw", 2}).text,
            "* Mrs Y * # saw # Mr. Y");
}

}  // namespace
}  // namespace attempt::datasets
