#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "runner/train/evaluator.h"
#include "runner/train/loaded_trial.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::test {

/// The tiny world with its backbone as a user's folder has it, and trials run in it.
class ServingTest : public ::testing::Test {
 protected:
  ServingTest() : model_(world_.folder() / "backbone") {
    const sweep::TrialSpec spec = world_.spec("frozen");
    std::filesystem::copy(spec.model.folder, model_);
    std::filesystem::remove(model_ / "spiece.model");
    std::filesystem::copy(spec.data.tokenizer, model_ / "spiece.model");
    place_.backbone = train::read_backbone_folder(model_);
    place_.data_root = spec.data.root;
  }

  /// Runs a trial and gives the path of its file.
  std::string run(sweep::TrialSpec spec, const std::string& name) {
    spec.trial_id = std::string(32 - name.size(), '0') + name;
    spec.model.folder = model_.string();
    spec.model.fingerprint = place_.backbone.fingerprint;
    train::TrialRunner runner(at::kCPU);
    const train::AttemptResult result = runner.run(spec, world_.context(), {});
    EXPECT_EQ(result.status, process::OutcomeStatus::kSucceeded) << result.message;
    return world_.study().trial(spec.trial_id).string();
  }

  sweep::TrialSpec source_spec(std::uint64_t seed) {
    sweep::TrialSpec spec = world_.spec("prompt_tuning");
    spec.phase = "source";
    spec.seed = seed;
    return spec;
  }

  std::string run_attempt(const std::function<void(sweep::TrialSpec&)>& change = {}) {
    const std::string first = std::filesystem::path(run(source_spec(1), "a1")).stem();
    const std::string second = std::filesystem::path(run(source_spec(2), "a2")).stem();
    sweep::TrialSpec spec = world_.attempt_spec(first, second);
    if (change) change(spec);
    return run(spec, "a3");
  }

  train::SplitEvaluation evaluate(const train::LoadedTrial& trial, train::TrialLoader& loader) {
    const train::Evaluator evaluator(loader.tokenizer(), {at::kCPU, trial.spec.data.rules, 0});
    const train::TaskTokens tokens =
        train::TrialLoader::open(trial.spec.data, trial.spec.tasks.at(0));
    return evaluator.evaluate(*trial.method, tokens, datasets::Split::kTest, {}, {});
  }

  TinyWorld world_;
  std::filesystem::path model_;
  train::ServingPlace place_;
};

}  // namespace attempt::test
