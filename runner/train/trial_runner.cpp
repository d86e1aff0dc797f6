#include "runner/train/trial_runner.h"

#include <ATen/Parallel.h>

#include "results/checkpoint_file.h"
#include "results/verify.h"
#include "runner/train/memory_use.h"
#include "runner/train/node_copy.h"
#include "runner/train/task_tokens.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

struct TrialRunner::LoadedBackbone {
  std::string key;
  std::unique_ptr<model::T5> t5;
};

namespace {

/// The digest of a trial that an attempt before this one published and could not say so; "" if
/// none.
std::string published_before(const results::StudyFolder& study, const std::string& trial_id) {
  const results::VerifiedTrial found = results::verify_and_complete(study, trial_id);
  if (found.soundness == results::TrialSoundness::kMissing) return "";
  if (found.soundness == results::TrialSoundness::kSound) {
    results::remove_checkpoints(study, trial_id);
    return found.digest;
  }
  throw TrialFailure("store", found.problem + " `attempt verify --repair` moves it aside");
}

}  // namespace

TrialRunner::TrialRunner(at::Device device)
    : device_(device), default_threads_(at::get_num_threads()) {}
TrialRunner::~TrialRunner() = default;

AttemptResult TrialRunner::run(const sweep::TrialSpec& spec, const AttemptContext& context,
                               const TrialMonitor& monitor) {
  return result_of([&] {
    std::string digest;
    const std::unique_ptr<TrialAttempt> attempt = open(spec, context, monitor, digest);
    if (attempt == nullptr) return digest;
    attempt->loop().run();
    return attempt->publish();
  });
}

AttemptResult TrialRunner::prepare(const sweep::PrepareNode& node, const TrialMonitor& monitor) {
  return result_of([&] {
    monitor.report({.stage = "tokenising"});
    open_task(node.data, node.task);
    return std::string();
  });
}

model::T5& TrialRunner::backbone(const sweep::ModelSpec& spec) {
  const std::string key = spec.folder + "\n" + spec.precision + "\n" + spec.fingerprint;
  if (backbone_ == nullptr || backbone_->key != key) {
    backbone_.reset();  // first: two backbones may not fit
    model::BackboneOptions options;
    options.folder = staged(spec.folder, spec.fingerprint);
    options.precision =
        spec.precision == "bf16" ? model::Precision::kBf16 : model::Precision::kFp32;
    options.device = device_.str();
    backbone_ = std::make_unique<LoadedBackbone>(LoadedBackbone{key, model::load_t5(options)});
  }
  return *backbone_->t5;
}

const datasets::Tokenizer& TrialRunner::tokenizer(const std::string& file) {
  if (tokenizer_ == nullptr || tokenizer_file_ != file) {
    tokenizer_ = std::make_unique<datasets::Tokenizer>(file);
    tokenizer_file_ = file;
  }
  return *tokenizer_;
}

std::unique_ptr<TrialAttempt> TrialRunner::open(const sweep::TrialSpec& spec,
                                                const AttemptContext& context,
                                                const TrialMonitor& monitor, std::string& digest) {
  if (spec.tasks.empty()) throw TrialFailure("spec", "the trial names no task");
  digest = published_before(context.study, spec.trial_id);
  if (!digest.empty()) return nullptr;
  at::set_num_threads(spec.threads > 0 ? static_cast<int>(spec.threads) : default_threads_);
  reset_peak_memory(device_);
  monitor.report({.stage = "loading", .total_steps = spec.train.total_steps});
  model::T5& t5 = backbone(spec.model);
  const datasets::Tokenizer& words = tokenizer(spec.data.tokenizer);
  monitor.check_stop();
  monitor.report({.stage = "tokenising", .total_steps = spec.train.total_steps});
  return std::make_unique<TrialAttempt>(spec, context, monitor,
                                        TrialAttempt::Place{t5, words, device_});
}

}  // namespace attempt::train
