#pragma once

#include <vector>

#include "runner/config/key_table.h"

namespace attempt::config {

/// Largest count of anything that a key accepts; a guard against slips, not a limit of use.
inline constexpr double kMaxKeyCount = 1e12;

/// The parts of key_table(), in its order.
std::vector<Key>
study_keys();  ///< sweep, model, data, sources, targets, few_shot, limits, resources
std::vector<Key> search_keys();  ///< search
std::vector<Key> train_keys();   ///< train
std::vector<Key> method_keys();  ///< method.<id>
std::vector<Key> task_keys();    ///< task

}  // namespace attempt::config
