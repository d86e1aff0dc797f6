#pragma once

#include <string>

#include "runner/sweep/settings.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// The text whose hash is a trial's id: one line a fact, settings only where they differ from the
/// first release's defaults, sorted. Not in it: paths, host, workers, limits, resources, and every
/// key whose `in_trial_id` is false.
/// @param file_digests  setting name of a path ("method.init_file") -> SHA-256 of its content
std::string trial_id_text(const TrialSpec& spec, const Settings& settings, const Settings& defaults,
                          const std::map<std::string, std::string>& file_digests);

/// First 32 hex digits of the SHA-256 of trial_id_text().
std::string trial_id(const std::string& text);

/// Rises when a change of the program changes a method's results.
int semantics_version(const std::string& method);

/// Deviation keys that can change a trial on `task` with `method`.
bool rule_concerns(const std::string& rule, const std::string& task, bool is_question_answering,
                   const std::string& method);

}  // namespace attempt::sweep
