#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "datasets/tokenizer.h"
#include "model/method.h"
#include "model/t5.h"
#include "runner/sweep/study_inputs.h"
#include "runner/train/task_tokens.h"
#include "runner/train/trained_file.h"

namespace attempt::train {

/// Source prompts that an ATTEMPT model mixes besides or instead of those it was trained with;
/// methods.md section 6.4.
struct SourceChange {
  struct Added {
    std::string name;
    std::string path;
  };
  std::vector<std::string> removed;
  std::vector<Added> added;

  bool is_empty() const { return removed.empty() && added.empty(); }
};

/// Where trained files are used: their backbone, loaded once for all of them, and data.
struct ServingPlace {
  BackboneFolder backbone;
  std::string data_root;  ///< absolute; "": where the trials had theirs
  std::string study;      ///< folder that holds the source prompts; "": the file's own study
  bool is_any_base = false;
};

/// One trained file on a loaded backbone.
struct LoadedTrial {
  TrainedFile file;
  sweep::TrialSpec spec;  ///< with the place's backbone and data
  std::unique_ptr<model::Method> method;
};

/// Loads trained files; the backbone comes into memory with the first file of a precision.
class TrialLoader {
 public:
  TrialLoader(ServingPlace place, at::Device device);

  /// @throws model::ModelError, TrialFailure, results::StoreError naming file and reason.
  LoadedTrial load(const std::string& path, const SourceChange& change = {});

  /// The settings of a task as a sweep of this program has them by default. Its data are not looked
  /// at. @throws config::ConfigError
  struct TaskSettings {
    sweep::DataSpec data;
    sweep::TaskSpec task;
  };
  TaskSettings default_task(const std::string& name);

  /// The rows of a task, few-shot draws done. @throws datasets::DataError
  static TaskTokens open(const sweep::DataSpec& data, sweep::TaskSpec task,
                         std::int64_t task_id = 0);

  const ServingPlace& place() const { return place_; }
  const at::Device& device() const { return device_; }
  const datasets::Tokenizer& tokenizer() const { return tokenizer_; }
  /// The backbone in a precision, loaded when it is asked for first.
  model::T5& backbone(const std::string& precision);

 private:
  ServingPlace place_;
  at::Device device_;
  datasets::Tokenizer tokenizer_;
  std::map<std::string, std::unique_ptr<model::T5>> backbones_;  ///< by precision
};

}  // namespace attempt::train
