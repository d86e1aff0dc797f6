#include "results/trial_file.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/publish.h"
#include "results/sealed_file.h"
#include "results/store_error.h"
#include "results/trial_record_io.h"

namespace attempt::results {

void write_trial_file(const std::filesystem::path& path, const TrialRecord& record) {
  write_hdf5_file(path, kSealBytes, [&](Hdf5Writer& root) { write_record(root, record); });
  write_seal(path);
  sync_file(path);
}

TrialRecord read_trial_file(const std::filesystem::path& path) {
  require_whole(path);
  return guarded_read(path, [&] { return read_record(Hdf5Reader(path), TrialParts::kAll); });
}

TrialRecord read_trial_summary(const std::filesystem::path& path) {
  require_whole(path);
  return guarded_read(path, [&] { return read_record(Hdf5Reader(path), TrialParts::kSummary); });
}

TrialRecord read_trial_histories(const std::filesystem::path& path) {
  require_whole(path);
  return guarded_read(path, [&] { return read_record(Hdf5Reader(path), TrialParts::kHistories); });
}

TrialRecord read_verified_results(const std::filesystem::path& path, bool with_prompt) {
  return guarded_read(path, [&] {
    const Hdf5Reader root(path);
    TrialRecord record = read_record(root, TrialParts::kResults);
    if (!with_prompt) return record;
    const Hdf5Reader parameters = root.group("parameters");
    for (const char* name : {"prompt", "prompts"}) {
      if (parameters.has(name)) record.parameters.push_back(parameters.floats(name));
    }
    return record;
  });
}

NamedArray read_trial_parameter(const std::filesystem::path& path, const std::string& name) {
  require_whole(path);
  return guarded_read(path, [&] { return Hdf5Reader(path).group("parameters").floats(name); });
}

TrialPrompt read_trial_prompt(const std::filesystem::path& path) {
  require_whole(path);
  return guarded_read(path, [&] {
    const Hdf5Reader root(path);
    if (root.text_attribute("format") != "attempt-trial") {
      root.fail("@format", "is not \"attempt-trial\" (expected the file of a trial)");
    }
    const nlohmann::json provenance = nlohmann::json::parse(root.text_attribute("provenance"),
                                                            nullptr, /*allow_exceptions=*/false);
    const bool has_fingerprint = provenance.is_object() &&
                                 provenance.contains("backbone_fingerprint") &&
                                 provenance["backbone_fingerprint"].is_string();
    const std::string backbone =
        has_fingerprint ? provenance["backbone_fingerprint"].get<std::string>() : "";
    const Hdf5Reader parameters = root.group("parameters");
    return TrialPrompt{parameters.floats(parameters.has("prompts") ? "prompts" : "prompt"),
                       backbone};
  });
}

}  // namespace attempt::results
