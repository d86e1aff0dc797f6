#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/cli/folder_check.h"
#include "runner/mpi/communicator.h"

namespace attempt::cli {

/// What ranks of a launcher find together, called on all of them with what each found alone: on
/// rank 0 the findings of all, whether they see one folder, whether one alone of them all gets a
/// name by link(2), and whether two have the same device. Nothing on the other ranks.
/// @param devices  UUIDs of this rank's
std::vector<Finding> find_together(mpi::Communicator& world, std::vector<Finding> own,
                                   const std::vector<std::string>& devices,
                                   const std::filesystem::path& folder);

}  // namespace attempt::cli
