#pragma once

#include <string>
#include <vector>

namespace attempt::config {

/// The known name with the fewest edits to `name`, or "" when none is near (more than a third of
/// its letters would change). Case is ignored.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

/// "Did you mean 'x'?", or "Known are a, b, c." when no name is near.
std::string suggestion(const std::string& name, const std::vector<std::string>& known);

/// "a, b, c".
std::string join_names(const std::vector<std::string>& names);

}  // namespace attempt::config
