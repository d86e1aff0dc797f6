#pragma once

#include <cstdint>
#include <vector>

#include "datasets/mixed_order.h"
#include "runner/sweep/settings.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// How the tasks of a trial share its training, from its settings; the defaults for one task.
MixingSpec mixing_spec(const Settings& settings);

datasets::MixingRule mixing_rule(const MixingSpec& spec);

/// Optimiser steps of an epoch over the training sets of all tasks.
std::int64_t steps_per_epoch(const std::vector<TaskSpec>& tasks, const TrainSpec& train);

/// Rows that all steps of a trial train on, each as often as it comes. Batches are short where an
/// epoch ends, with batches of one task where each task does.
std::int64_t trained_examples(const std::vector<TaskSpec>& tasks, const TrainSpec& train);

}  // namespace attempt::sweep
