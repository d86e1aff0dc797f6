#include "results/report/trial_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/results/report_fixture.h"

namespace attempt::results {
namespace {

using ::testing::HasSubstr;

class TrialListTest : public ReportTest {
 protected:
  std::filesystem::path log() const { return folder_.trial_log(source_.entries.front().trial_id); }

  std::string failures() {
    grid();
    return failure_list(studies_);
  }
};

TEST_F(TrialListTest, FailuresShowTheLast15LinesOfTheirLogs) {
  add("adapter", "rte", 1).status = TrialStatus::kFailed;
  std::ofstream out(log());
  for (int line = 1; line <= 20; ++line) out << "line " << line << "\n";
  out.close();
  EXPECT_THAT(failures(), HasSubstr("<pre tabindex=\"0\">line 6\nline 7\n"));
  EXPECT_THAT(failures(), HasSubstr("line 20</pre>"));
}

TEST_F(TrialListTest, AShortLogIsShownWhole) {
  add("adapter", "rte", 1).status = TrialStatus::kFailed;
  std::ofstream(log()) << "one\ntwo";
  EXPECT_THAT(failures(), HasSubstr("<pre tabindex=\"0\">one\ntwo</pre>"));
}

TEST_F(TrialListTest, NoMoreThanTheEndOfALongLogIsRead) {
  add("adapter", "rte", 1).status = TrialStatus::kFailed;
  std::ofstream(log()) << "begin\n";
  std::filesystem::resize_file(log(), std::uintmax_t{1} << 30);  // a hole: one line of 1 GB
  std::ofstream(log(), std::ios::app) << "\nout of memory\n";
  const std::string html = failures();
  EXPECT_THAT(html.substr(html.size() - 100), HasSubstr("out of memory</pre>"));
  EXPECT_LT(html.size(), 100'000U);
}

TEST_F(TrialListTest, CommandsQuoteThePathsOfStudies) {
  folder_ = StudyFolder(temporary_ / "my study's");
  folder_.create();
  source_.folder = folder_;
  finish("adapter", "rte", 1, 150);
  grid();
  const std::string root = (temporary_ / "my study'\\''s").string();
  std::string expected = "attempt run '" + root + "/sweep.toml' --out '" + root + "'";
  EXPECT_THAT(trial_list(studies_, temporary_.path()), HasSubstr(escape_html(expected)));
  std::filesystem::create_directories(folder_.specs());
  std::ofstream(folder_.specs() / "adapter-rte-1.json") << "{}";
  expected = "attempt trial '" + root + "/run/specs/adapter-rte-1.json'";
  EXPECT_THAT(trial_list(studies_, temporary_.path()), HasSubstr(escape_html(expected)));
}

TEST_F(TrialListTest, PlainPathsStandAsTheyAre) {
  finish("adapter", "rte", 1, 150);
  grid();
  EXPECT_THAT(trial_list(studies_, temporary_.path()),
              HasSubstr("attempt run " + folder_.root().string() + "/sweep.toml --out "));
}

}  // namespace
}  // namespace attempt::results
