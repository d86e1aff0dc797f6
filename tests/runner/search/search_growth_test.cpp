#include "runner/search/search_growth.h"

#include <gmock/gmock.h>

#include "tests/runner/sweep/sample_study.h"

namespace attempt::search {
namespace {

using testing::SizeIs;

constexpr char kSweep[] = R"(
[model]
path = "t5"
[targets]
tasks = ["rte"]
methods = ["prompt_tuning"]
[search]
sampler = "command"
command = ["/nothing/there"]
trials = 2
pending = 1
seeds = [1]
[search.space]
"method.prompt_tuning.learning_rate" = { low = 0.01, high = 1.0, log = true }
)";

TEST(SearchGrowthTest, GoesOnWithWhatAnotherRunProposedUntilTheStudyWasTaken) {
  const test::TemporaryFolder temporary;
  test::write_file(temporary / "study.toml", kSweep);
  const config::SweepFile file = config::read_sweep(temporary / "study.toml", {});
  const results::StudyFolder folder(temporary / "study");
  folder.create();
  sweep::Plan kept;
  SearchGrowth growth(file, std::make_unique<sweep::test::SampleInputs>(), folder,
                      [&](const sweep::Plan& plan) { kept = plan; });

  ProposalFile other(folder.root() / "run" / "search.json");
  other.of("prompt_tuning/rte", space_json(file.search.space), "command 0")
      .push_back({{{"method.prompt_tuning.learning_rate", 0.25}}, {}});
  other.save();

  const sweep::Plan more = growth.grow({});  // would ask the sampler if it knew of no proposal
  ASSERT_THAT(more.trials, SizeIs(1));
  EXPECT_EQ(more.trials[0].spec.train.optimizer.learning_rate, 0.25);
  EXPECT_THAT(kept.trials, SizeIs(1));
}

}  // namespace
}  // namespace attempt::search
