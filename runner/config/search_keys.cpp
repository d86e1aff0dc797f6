#include "runner/config/key_groups.h"

namespace attempt::config {

std::vector<Key> search_keys() {
  std::vector<Key> keys = {
      {.section = "search",
       .name = "sampler",
       .default_note = "must be given",
       .help = "who draws configurations: `random`, `sobol`, a sampler of Optuna "
               "(`optuna:TPESampler`), or `command`"},
      {.section = "search",
       .name = "space",
       .kind = Kind::kSection,
       .default_note = "must be given",
       .help = "`[search.space]`: what is drawn, a table a key; docs/search.md"},
      {.section = "search",
       .name = "trials",
       .kind = Kind::kInteger,
       .default_value = "20",
       .unit = "configurations",
       .minimum = 1,
       .maximum = 100000,
       .help = "configurations for each method and task"},
      {.section = "search",
       .name = "seeds",
       .kind = Kind::kIntegers,
       .default_value = "[1, 2]",
       .minimum = 0,
       .maximum = 9007199254740992.0,
       .help = "training seeds of every configuration; none of `sweep.seeds`, which the chosen "
               "configuration is trained with"},
      {.section = "search",
       .name = "seed",
       .kind = Kind::kInteger,
       .default_value = "0",
       .minimum = 0,
       .maximum = 2147483647.0,
       .help = "seed of the sampler: another one draws other configurations"},
      {.section = "search",
       .name = "pending",
       .kind = Kind::kInteger,
       .default_value = "4",
       .unit = "configurations",
       .minimum = 1,
       .maximum = 100000,
       .help = "configurations of one search that run before an external sampler knows their "
               "scores; fewer is wiser, more is faster"},
      {.section = "search",
       .name = "pruner",
       .kind = Kind::kWord,
       .default_value = "\"off\"",
       .words = {"off", "median", "asha", "plateau"},
       .help = "rule by which trials of the search are stopped early; docs/search.md"},
      {.section = "search",
       .name = "prune_after",
       .kind = Kind::kInteger,
       .default_value = "4",
       .unit = "evaluations",
       .minimum = 1,
       .maximum = 100000,
       .help = "evaluations before a trial may be stopped; the first rung of asha, the patience of "
               "plateau"},
      {.section = "search",
       .name = "audit",
       .kind = Kind::kBoolean,
       .default_value = "false",
       .help = "stop nothing, and tell at the end what the pruner would have saved and cost"},
      {.section = "search",
       .name = "command",
       .kind = Kind::kNames,
       .default_value = "[]",
       .help = "program and arguments of a sampler of one's own, with sampler = \"command\"; "
               "docs/search.md has its protocol"},
      {.section = "search",
       .name = "python",
       .default_value = "\"python3\"",
       .help = "Python that has Optuna"},
      {.section = "search",
       .name = "sampler_seconds",
       .kind = Kind::kNumber,
       .default_value = "120",
       .unit = "s",
       .minimum = 0.1,
       .maximum = 86400,
       .help = "time that an external sampler may take for one answer"},
  };
  for (Key& key : keys) {
    key.in_trial_id = key.name == "pruner";  // a trial that was stopped is none that was not
    key.may_be_axis = false;
  }
  return keys;
}

}  // namespace attempt::config
