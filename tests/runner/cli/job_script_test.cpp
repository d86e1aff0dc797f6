#include "runner/cli/job_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/cli/usage_error.h"

namespace attempt::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

JobRequest request() {
  JobRequest request;
  request.name = "attempt-demo";
  request.time = "60";
  request.study = "/scratch/study";
  request.sweep = "/scratch/demo.toml";
  return request;
}

TEST(JobScriptTest, CopiesAreMadeInAFolderOrInTheOneOfAVariable) {
  SlurmSite site;
  EXPECT_THAT(job_script(request(), site), HasSubstr("\nstage=\n"));
  site.stage = "/local/it's";
  EXPECT_THAT(job_script(request(), site), HasSubstr("\nstage='/local/it'\\''s'\n"));
  site.stage = "$TMPDIR";
  EXPECT_THAT(job_script(request(), site), HasSubstr("\nstage=\"${TMPDIR:?}\"\n"));
  site.stage = "$(rm x)";
  EXPECT_THAT(job_script(request(), site), HasSubstr("\nstage='$(rm x)'\n"));
}

TEST(JobScriptTest, JobsThatShareAStudyJoinIt) {
  JobRequest joined = request();
  EXPECT_THAT(job_script(joined, {}), Not(HasSubstr("--join")));
  joined.is_joined = true;
  EXPECT_THAT(job_script(joined, {}), HasSubstr(" --join"));
}

TEST(JobScriptTest, QuotesWordsForTheShell) {
  EXPECT_EQ(shell_word("train.max_steps=4"), "train.max_steps=4");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$(rm -rf ~)`x`"), "'$(rm -rf ~)`x`'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(JobScriptTest, NamesInTheStudysPathAreNotFilledInAgain) {
  JobRequest odd = request();
  odd.study = "/scratch/@COMMAND@";
  EXPECT_THAT(job_script(odd, {}), HasSubstr("study=/scratch/@COMMAND@\n"));
}

TEST(JobScriptTest, OneRankNeedsNoMpirun) {
  EXPECT_THAT(job_script(request(), {}), Not(HasSubstr("--workers")));
  JobRequest two = request();
  two.nodes = 2;
  two.ranks_per_node = 4;
  EXPECT_THAT(job_script(two, {}), HasSubstr("--workers 8"));
}

TEST(JobScriptTest, TypedGpusFollowTheSite) {
  JobRequest typed = request();
  typed.gpus_per_node = "a100:4";
  EXPECT_THAT(job_script(typed, {}), HasSubstr("#SBATCH --gpus-per-node=a100:4\n"));
  EXPECT_THAT(job_script(typed, {.gpu_option = "gres"}), HasSubstr("#SBATCH --gres=gpu:a100:4\n"));
}

TEST(JobScriptTest, AnOptionCannotEndItsLine) {
  JobRequest bad = request();
  bad.options = {"--comment=x\nrm -rf ~"};
  EXPECT_THROW(job_script(bad, {}), UsageError);
  bad.options = {"--comment=\"x"};
  EXPECT_THROW(job_script(bad, {}), UsageError);
}

TEST(JobScriptTest, AnOptionOfTwoWordsStaysOnOneLine) {
  JobRequest two_words = request();
  two_words.options = {"-p", "gpu", "--exclusive"};
  EXPECT_THAT(job_script(two_words, {}),
              AllOf(HasSubstr("\n#SBATCH -p gpu\n"), HasSubstr("\n#SBATCH --exclusive\n")));
}

TEST(JobScriptTest, NothingIsLeftToFillIn) {
  const std::string script = job_script(request(), {.setup = {"module load openmpi"}});
  for (const char* name : {"@SBATCH@", "@GRACE@", "@SETUP@", "@STUDY@", "@COMMAND@", "@EXIT_CODE@"})
    EXPECT_THAT(script, Not(HasSubstr(name)));
  EXPECT_THAT(script, HasSubstr("\nmodule load openmpi\n"));
}

}  // namespace
}  // namespace attempt::cli
