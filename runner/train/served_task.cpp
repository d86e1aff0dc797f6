#include "runner/train/served_task.h"

#include <map>
#include <string>
#include <tuple>

namespace attempt::train {

bool may_share_batches(const LoadedTrial& trial) {
  return model::MixedPrompts::mixes(trial.spec.method_options);
}

std::vector<ServedGroup> groups_of(const std::vector<ServedTask>& served, TrialLoader& loader) {
  using Key = std::tuple<std::string, std::int64_t, std::int64_t, std::int64_t>;
  std::vector<ServedGroup> groups;
  std::map<Key, std::size_t> places;
  for (std::size_t i = 0; i < served.size(); ++i) {
    const sweep::TrialSpec& spec = served[i].trial->spec;
    if (may_share_batches(*served[i].trial)) {
      const Key key{spec.model.precision, spec.method_options.prompt_length,
                    served[i].task.max_new_tokens, spec.train.evaluation_batch_size};
      const auto [place, is_new] = places.try_emplace(key, groups.size());
      if (!is_new) {
        groups[place->second].members.push_back(i);
        continue;
      }
    }
    groups.push_back({{i}, nullptr});
  }
  for (ServedGroup& group : groups) {
    if (group.members.size() == 1) continue;
    std::vector<model::MixedPrompts::Member> members;
    for (const std::size_t i : group.members) {
      members.push_back({served[i].trial->method.get(), served[i].task_id});
    }
    const std::string& precision = served[group.members.front()].trial->spec.model.precision;
    group.mixed =
        std::make_unique<model::MixedPrompts>(loader.backbone(precision), std::move(members));
  }
  return groups;
}

}  // namespace attempt::train
