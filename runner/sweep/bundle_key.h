#pragma once

#include <string>

#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// Trials with the same key can share their passes through the backbone: what they train is a
/// prompt in front of the text, and backbone, shapes and loss are the same. "" for a trial that
/// shares with nobody.
std::string bundle_key(const TrialSpec& spec);

}  // namespace attempt::sweep
