#include "runner/search/sampler_process.h"

#include <gmock/gmock.h>

#include <chrono>

#include "tests/support/test_support.h"

namespace attempt::search {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const nlohmann::json kQuestion = {{"type", "ask"}, {"number", 3}};

class SamplerProcessTest : public testing::Test {
 protected:
  /// A sampler that runs this Python.
  std::unique_ptr<SamplerProcess> start(const std::string& python, double limit_seconds = 20) {
    return std::make_unique<SamplerProcess>(
        std::vector<std::string>{ATTEMPT_TEST_PYTHON, "-c", "import sys, json\n" + python},
        folder_ / "sampler.log", limit_seconds);
  }
  std::string problem_of(const std::string& python, double limit_seconds = 20) {
    try {
      start(python, limit_seconds)->ask(kQuestion, "proposal");
    } catch (const SamplerError& error) {
      return error.what();
    }
    return "";
  }

  const test::TemporaryFolder folder_;
};

TEST_F(SamplerProcessTest, AnswersLineByLine) {
  const auto sampler = start(
      "for line in sys.stdin:\n"
      "  print(json.dumps({'type': 'proposal', 'values': {'x': json.loads(line)['number']}}), "
      "flush=True)");
  for (int i = 0; i < 3; ++i) {
    const auto answer = sampler->ask({{"type", "ask"}, {"number", i}}, "proposal");
    EXPECT_EQ(answer.at("values").at("x"), i);
  }
}

TEST_F(SamplerProcessTest, OneThatDiesIsAnErrorThatNamesItsLog) {
  const std::string problem = problem_of("sys.exit('no such module')");
  EXPECT_THAT(problem, AllOf(HasSubstr("has died"), HasSubstr("sampler.log"),
                             HasSubstr("The study is as it was")));
  EXPECT_EQ(test::read_file(folder_ / "sampler.log"), "no such module\n");
}

TEST_F(SamplerProcessTest, OneThatHangsIsGivenUp) {
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(problem_of("import time\ntime.sleep(60)", 0.3),
              HasSubstr("did not answer within 0.3 s"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(20));
}

TEST_F(SamplerProcessTest, OneThatTalksNonsenseIsQuoted) {
  EXPECT_THAT(problem_of("input(); print('42 is the answer', flush=True); input()"),
              HasSubstr("answered '42 is the answer', which is no message"));
  EXPECT_THAT(problem_of("input(); print('{\"type\": \"started\"}', flush=True); input()"),
              HasSubstr("instead of a message of type 'proposal'"));
  EXPECT_THAT(problem_of("input(); sys.stdout.write('x' * 3000000); sys.stdout.flush(); input()"),
              HasSubstr("more than 1 MiB"));
}

TEST_F(SamplerProcessTest, ItsOwnErrorsArePassedOn) {
  EXPECT_THAT(problem_of("input(); print('{\"type\": \"error\", \"message\": \"too hot\"}', "
                         "flush=True); input()"),
              HasSubstr("says: too hot"));
}

TEST_F(SamplerProcessTest, AProgramThatIsNotThereIsNamed) {
  try {
    SamplerProcess sampler({"no-such-program"}, folder_ / "sampler.log", 1);
    FAIL();
  } catch (const SamplerError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'no-such-program' cannot be started"));
  }
}

}  // namespace
}  // namespace attempt::search
