#pragma once

#include "runner/config/config_error.h"
#include "runner/sweep/settings.h"
#include "runner/sweep/trial_spec.h"

namespace attempt::sweep {

/// The targets of a method on few examples: every task of [few_shot], every k, every draw.
std::vector<Draft> few_shot_drafts(const config::SweepFile& sweep, const Draft& method);

/// 1,000 steps unless a layer says otherwise: 20 epochs of four rows would hardly move a prompt.
void set_few_shot_length(Settings& settings);

/// That [train] epochs, meant for whole training splits, took the place of the 1,000 steps; ""
/// where it did not.
std::string few_shot_length_warning(const Draft& draft, const Settings& settings);

/// How a few-shot trial draws and selects, as settings of the trial. Drops what it does not use:
/// the cap, and with selection = "last" everything about evaluations while training.
void set_few_shot(const Draft& draft, const datasets::Task& task, const config::FewShot& section,
                  Settings& settings);

/// k = 0 for a trial on the whole training split.
FewShotSpec few_shot_spec(const Settings& settings);

/// Gives a trial on few examples its counts; nothing for one on the whole split.
/// @param official  counts of the whole splits
void apply_few_shot(const datasets::Task& task, const datasets::SplitCounts& official,
                    TaskSpec& spec);

/// Problems of [few_shot] itself.
void check_few_shot(const config::SweepFile& sweep, config::Problems& problems);

/// Why a task cannot be drawn from as asked, in the form of ConfigError; "" where it can.
std::string few_shot_problem(const TaskSpec& spec);

}  // namespace attempt::sweep
