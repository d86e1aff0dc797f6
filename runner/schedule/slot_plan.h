#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attempt::schedule {

/// A piece of work to be planned.
struct SlotWork {
  double seconds = 0;  ///< what is left of it
  bool is_running = false;
  std::vector<std::size_t> needs;  ///< what has to end before, by place in the list
};

/// An order for so many slots that ends earlier than the critical path's, found by
/// forward-backward improvement (Li and Willis 1992; Valls et al. 2005, "Justification and RCPSP").
/// Which trial ends last matters most where a slot gets only a few, all of like length.
/// @return each work's urgency, the largest first; nothing where the critical path's order is as
///   good: within half a percent of the bound (the longest chain, or all work spread evenly), or
///   not beaten by 0.2 % both by `seconds` and on the mean of sixteen fixed sets of seconds
///   scattered around them, for estimates are never exact
std::vector<double> plan_on_slots(const std::vector<SlotWork>& work, std::int64_t slots);

}  // namespace attempt::schedule
