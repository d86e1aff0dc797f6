#include "runner/search/planned_space.h"

#include <stdexcept>

#include "runner/sweep/draft.h"
#include "runner/sweep/search_space.h"

namespace attempt::search {

std::vector<config::SearchDimension> planned_space(const config::SweepFile& sweep,
                                                   const sweep::PlannedSearch& search) {
  for (const config::Named& method : sweep.methods) {
    sweep::Draft draft = sweep::target_draft(sweep, method);
    draft.task = search.task;
    if (sweep::search_name(draft) == search.name) return sweep::space_of(sweep.search, draft);
  }
  throw std::logic_error("no target has the search " + search.name);
}

}  // namespace attempt::search
