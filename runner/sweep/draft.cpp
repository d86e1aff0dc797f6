#include "runner/sweep/draft.h"

#include "model/shapes/method_shapes.h"
#include "runner/config/names.h"

namespace attempt::sweep {

Draft target_draft(const config::SweepFile& sweep, const config::Named& given) {
  Draft draft;
  draft.phase = "target";
  draft.method = given.name;
  draft.label = config::method_label(given.name);
  draft.at = given.at;
  for (const config::Variant& variant : sweep.variants) {
    if (variant.name == given.name) {
      draft.method = variant.base;
      draft.variant = variant.name;
      draft.label = variant.label;
    }
  }
  if (const auto* variant = config::find_built_in_variant(given.name)) {
    draft.method = variant->base;
    draft.variant = variant->id;
    draft.label = variant->label;
  }
  return draft;
}

std::vector<std::string> task_names(const Draft& draft) {
  return draft.tasks.empty() ? std::vector<std::string>{draft.task} : draft.tasks;
}

std::string tasks_text(const Draft& draft) {
  std::string text;
  for (const std::string& task : task_names(draft)) text += (text.empty() ? "" : "+") + task;
  return text;
}

bool uses_sources(const Draft& draft) {
  return draft.method == "spot" || model::single_task_form(draft.method) == "attempt";
}

}  // namespace attempt::sweep
