#pragma once

#include <string>

#include "datasets/token_cache.h"

namespace attempt::datasets {

/// File name of a task's cache in its folder: "<task>-<hash of all that its content comes
/// from>.h5".
std::string token_cache_name(const Task& task, const LoadOptions& options,
                             const TokenCacheKey& key);

}  // namespace attempt::datasets
