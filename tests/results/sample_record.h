#pragma once

#include "results/trial_record.h"

namespace attempt::test {

/// A trial of two tasks in which every part of the schema holds something.
results::TrialRecord sample_record();

}  // namespace attempt::test
