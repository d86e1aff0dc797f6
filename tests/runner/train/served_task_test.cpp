#include "runner/train/served_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "runner/train/eval_work.h"
#include "tests/runner/train/serving_fixture.h"

namespace attempt::train {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

/// Trained files of several methods, seeds and tasks.
class ServedTaskTest : public test::ServingTest {
 protected:
  ServedTaskTest() {
    files_.push_back(run(source_spec(1), "a1"));
    files_.push_back(run(source_spec(2), "a2"));
    files_.push_back(run(world_.spec("lora"), "b1"));
    sweep::TrialSpec encoded = world_.spec("p_tuning");
    encoded.method_options.prompt_encoder = model::PromptEncoderKind::kMlp;
    files_.push_back(run(encoded, "b2"));
    const std::string zeros(30, '0');
    sweep::TrialSpec mixture = world_.attempt_spec(zeros + "a1", zeros + "a2");
    files_.push_back(run(mixture, "c1"));
    mixture.tasks[0].name = "cola";
    mixture.seed = 7;
    files_.push_back(run(mixture, "c2"));
    sweep::TrialSpec several = world_.on_two_tasks(world_.attempt_spec(zeros + "a1", zeros + "a2"));
    several.method = several.method_options.method = "attempt_m";
    several.method_options.tasks = {"rte", "cola"};
    several.method_options.start_source.clear();
    several.method_options.init = model::PromptInit::kSource;
    several.method_options.task_start_sources = {"mnli", "qnli"};
    files_.push_back(run(several, "c3"));
    sweep::TrialSpec longer = world_.spec("prompt_tuning");
    longer.method_options.prompt_length = 9;
    files_.push_back(run(longer, "d1"));
  }

  json request(const std::vector<std::string>& files) const {
    return {
        {"model", model_.string()}, {"data", place_.data_root}, {"files", files}, {"json", true}};
  }

  /// What a command prints.
  template <typename Work>
  static std::string printed(Work work, const json& request) {
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(work(request, at::kCPU), 0);
    return ::testing::internal::GetCapturedStdout();
  }

  std::vector<std::string> files_;
};

TEST_F(ServedTaskTest, TasksOfFilesThatOnlyAddAPromptOfOneLengthShareBatches) {
  TrialLoader loader(place_, at::kCPU);
  std::vector<std::unique_ptr<LoadedTrial>> trials;
  std::vector<ServedTask> served;
  for (const std::string& file : files_) {
    trials.push_back(std::make_unique<LoadedTrial>(loader.load(file)));
    std::int64_t id = 0;
    for (const sweep::TaskSpec& task : trials.back()->spec.tasks) {
      served.push_back({trials.back().get(), trials.back()->spec.data, task, id++});
    }
  }
  const std::vector<ServedGroup> groups = groups_of(served, loader);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_THAT(groups[0].members, ElementsAre(0, 1, 3, 4, 5, 6, 7));
  EXPECT_NE(groups[0].mixed, nullptr);
  EXPECT_THAT(groups[1].members, ElementsAre(2));  // lora
  EXPECT_EQ(groups[1].mixed, nullptr);
  EXPECT_THAT(groups[2].members, ElementsAre(8));  // nine rows
}

TEST_F(ServedTaskTest, EvalOfManyFilesGivesWhatEachGivesAlone) {
  const auto evaluate = [&](const std::vector<std::string>& files, const std::string& lines) {
    json asked = request(files);
    asked["predictions"] = (world_.folder() / lines).string();
    return json::parse(printed(run_eval_work, asked));
  };
  const json together = evaluate(files_, "together.jsonl");
  json apart = json::array();
  std::string lines_apart;
  for (const std::string& file : files_) {
    for (const json& entry : evaluate({file}, "alone.jsonl")) apart.push_back(entry);
    lines_apart += test::read_file(world_.folder() / "alone.jsonl");
  }
  const auto sorted_lines = [](const std::string& text) {
    std::istringstream in(text);
    std::multiset<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.insert(line);
    return lines;
  };
  EXPECT_EQ(sorted_lines(test::read_file(world_.folder() / "together.jsonl")),
            sorted_lines(lines_apart));
  ASSERT_EQ(together.size(), apart.size());
  std::set<std::string> losses;
  for (std::size_t i = 0; i < apart.size(); ++i) {  // in the order of the files
    SCOPED_TRACE(apart[i]["file"]);
    EXPECT_EQ(together[i]["file"], apart[i]["file"]);
    EXPECT_EQ(together[i]["task"], apart[i]["task"]);
    for (const auto& [metric, value] : apart[i]["metrics"].items()) {
      EXPECT_NEAR(together[i]["metrics"][metric].get<double>(), value.get<double>(),
                  1e-5 * std::max(1.0, value.get<double>()))
          << metric;
    }
    ASSERT_EQ(together[i].contains("attention"), apart[i].contains("attention"));
    if (apart[i].contains("attention")) {
      EXPECT_EQ(together[i]["attention"]["names"], apart[i]["attention"]["names"]);
      const std::vector<double> expected = apart[i]["attention"]["mean"];
      const std::vector<double> found = together[i]["attention"]["mean"];
      EXPECT_THAT(found, ::testing::Pointwise(::testing::DoubleNear(1e-5), expected));
    }
    losses.insert(apart[i]["metrics"]["loss"].dump().substr(0, 6));
  }
  EXPECT_EQ(losses.size(), apart.size());  // else a mistaken prompt would not be seen
}

TEST_F(ServedTaskTest, AFileThatCannotBeEvaluatedLeavesTheOthersTheirResults) {
  json asked = request({files_[0], files_[5], files_[4]});
  std::string bad;
  for (int i = 0; i < 30; ++i) bad += "no row\n";
  test::write_file(std::filesystem::path(place_.data_root) / "CoLA/dev.tsv", bad);
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_eval_work(asked, at::kCPU), 2);
  const json results = json::parse(::testing::internal::GetCapturedStdout());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("CoLA"));
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["file"], files_[0]);
  EXPECT_EQ(results[1]["file"], files_[4]);
}

TEST_F(ServedTaskTest, PredictAnswersEveryLineByEveryFileOfItsTask) {
  test::write_file(world_.folder() / "lines.tsv",
                   "rte\tsentence1: The cat sees the river. sentence2: Somebody sees the river.\n"
                   "cola\tA dog follows the river.\n"
                   "rte\tsentence1: A dog likes a red house. sentence2: Somebody fears it.\n"
                   "cola\tThe quiet town every child.\n");
  const auto answers = [&](const std::vector<std::string>& files, const std::string& input) {
    json asked = request(files);
    asked["input"] = (world_.folder() / input).string();
    std::istringstream in(printed(run_predict_work, asked));
    std::vector<json> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  };
  const std::vector<json> together = answers(files_, "lines.tsv");
  // Seven files for each line of RTE, two for each of CoLA, in the order of lines and files.
  ASSERT_EQ(together.size(), 18U);
  EXPECT_EQ(together[0]["file"], files_[0]);
  EXPECT_EQ(together[7]["line"], 2);
  for (const std::string& file : files_) {
    std::string own;
    std::vector<json> expected;
    for (const json& line : together) {
      if (line["file"] != file) continue;
      own += line["task"].get<std::string>() + "\t" + line["text"].get<std::string>() + "\n";
      expected.push_back(line);
    }
    test::write_file(world_.folder() / "own.tsv", own);
    const std::vector<json> alone = answers({file}, "own.tsv");
    ASSERT_EQ(alone.size(), expected.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_EQ(alone[i]["prediction"], expected[i]["prediction"]) << file;
      for (const auto& [source, weight] : alone[i]["attention"].items()) {
        EXPECT_NEAR(expected[i]["attention"][source].get<double>(), weight.get<double>(), 1e-5);
      }
      EXPECT_EQ(alone[i]["attention"].size(), expected[i]["attention"].size());
    }
  }
}

}  // namespace
}  // namespace attempt::train
