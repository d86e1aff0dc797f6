#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/adapter_file.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::train {

/// Trained tensors and what is known of where they come from: a trial's file of this program, or
/// what others trained.
struct TrainedFile {
  std::filesystem::path path;
  std::string sha256;  ///< of the file; of a folder, of its weights
  model::ImportedAdapter adapter;
  std::string fingerprint;         ///< of the backbone; "" where the file does not say
  std::string trial_id;            ///< "" for what others trained
  std::vector<std::string> tasks;  ///< of the trial, or what an import was told
  /// What the trial was asked to do; nothing for what others trained and for files of versions that
  /// did not keep it.
  std::shared_ptr<const sweep::TrialSpec> spec;
};

/// Reads a trial's file (.h5), or whatever model::read_adapter reads; what LibTorch reads first in
/// a child process of bounded memory. Untrusted input.
/// @throws model::ModelError, results::StoreError naming file, tensor and reason.
TrainedFile read_trained_file(const std::filesystem::path& path);

/// What is known of a backbone's folder besides its weights.
struct BackboneFolder {
  std::filesystem::path folder;
  model::T5Config config;
  std::string fingerprint;
  std::string tokenizer;  ///< spiece.model
};

/// @throws model::ModelError
BackboneFolder read_backbone_folder(const std::filesystem::path& folder);

/// Requires that a file's tensors belong to a backbone: shapes, and as far as the file says which
/// backbone it was trained with, that too.
/// @param is_any_base  the name of the backbone is not looked at
/// @throws model::ModelError naming file, tensor and reason.
void require_backbone(const TrainedFile& file, const BackboneFolder& backbone, bool is_any_base);

/// Writes tensors that others trained as a file that this program takes like that of a trial.
/// @param task  short name of the task they were trained for; may be ""
/// @throws results::StoreError
void write_imported(const std::filesystem::path& path, const TrainedFile& file,
                    const BackboneFolder& backbone, const std::string& task);

}  // namespace attempt::train
