#include "runner/sweep/study_checks.h"

#include <algorithm>

#include "runner/sweep/few_shot.h"

namespace attempt::sweep {
namespace {

/// What a search cannot stand beside.
void check_search(const config::SweepFile& sweep, config::Problems& problems) {
  const config::Search& search = sweep.search;
  if (!search.is_on()) return;
  const auto refuse = [&](const std::string& with, const std::string& why) {
    problems.add(search.at, "search",
                 "[search] stands beside " + with + " (" + why +
                     "). Give one of them a sweep of "
                     "its own");
  };
  if (!sweep.axes.empty()) refuse("[grid] or [zip]", "a search draws its values itself");
  if (!sweep.few_shot.k.empty()) refuse("[few_shot]", "a search is over whole training splits");
  if (!sweep.task_lists.empty()) refuse("targets.multitask", "a search is over one task each");
  for (const std::int64_t seed : search.seeds) {
    if (std::find(sweep.seeds.begin(), sweep.seeds.end(), seed) == sweep.seeds.end()) continue;
    problems.add(search.at, "search.seeds",
                 "seed " + std::to_string(seed) +
                     " stands in search.seeds and in sweep.seeds (the chosen configuration must "
                     "be trained with seeds that it was not chosen by). Take other seeds in one");
  }
  if (sweep.methods.empty() || sweep.target_tasks.empty()) {
    problems.add(search.at, "search",
                 "[search] has no methods and tasks to search for. Add [targets] tasks and "
                 "methods");
  }
}

}  // namespace

void check_study(const config::SweepFile& sweep, config::Problems& problems) {
  const config::Position file{sweep.file.string(), 0, 0};
  check_few_shot(sweep, problems);
  check_search(sweep, problems);
  const bool has_targets = !sweep.target_tasks.empty() || !sweep.few_shot.tasks.empty();
  if (!has_targets && sweep.source_tasks.empty() && sweep.task_lists.empty()) {
    problems.add(file, "targets.tasks",
                 "the sweep has no tasks (there is nothing to train). Add [targets] tasks and "
                 "methods, or [sources] tasks");
  }
  if (has_targets == sweep.methods.empty()) {
    const std::string missing = sweep.methods.empty() ? "methods" : "tasks";
    problems.add(file, "targets." + missing,
                 "[targets] has no '" + missing + "' (a trial is a method on a task). Add it");
  }
  const bool fixed = sweep.pairing == "fixed";
  if (fixed && sweep.source_seeds.size() != 1) {
    problems.add(file, "sources.seeds",
                 "sources.pairing is \"fixed\" and sources.seeds names " +
                     std::to_string(sweep.source_seeds.size()) +
                     " seeds (all targets use prompts of one draw). Write seeds = [42] in "
                     "[sources]");
  } else if (!fixed && !sweep.source_seeds.empty()) {
    problems.add(file, "sources.seeds",
                 "sources.seeds is set and sources.pairing is \"by_seed\" (source prompts then "
                 "have the seeds of [sweep]). Remove seeds, or write pairing = \"fixed\"");
  }
}

void add_study_warnings(const config::SweepFile& sweep, const BackboneFacts& backbone,
                        std::vector<std::string>& warnings) {
  if (!backbone.has_all_files) {
    warnings.push_back(sweep.model_path +
                       ": weights or tokenizer are missing (config.json alone was read); counts "
                       "hold, trial ids are provisional");
  }
  if (backbone.is_random) {
    warnings.push_back(sweep.model_path +
                       ": random backbone (config.json says attempt_random_weights); scores say "
                       "nothing about the methods");
  }
  const bool uses_fixed = sweep.pairing == "fixed" && !sweep.source_tasks.empty();
  if (uses_fixed && !sweep.source_seeds.empty()) {
    warnings.push_back("all targets use source prompts of seed " +
                       std::to_string(sweep.source_seeds.front()) +
                       "; their scores are conditional on that draw");
  }
}

}  // namespace attempt::sweep
