#include "runner/sweep/draft.h"

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

}  // namespace attempt::sweep
