#include "runner/sweep/study_checks.h"

#include "runner/sweep/few_shot.h"

namespace attempt::sweep {

void check_study(const config::SweepFile& sweep, config::Problems& problems) {
  const config::Position file{sweep.file.string(), 0, 0};
  check_few_shot(sweep, problems);
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
