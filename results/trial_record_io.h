#pragma once

#include "results/hdf5_reader.h"
#include "results/hdf5_writer.h"
#include "results/trial_record.h"

namespace attempt::results {

enum class TrialParts {
  kSummary,    ///< without histories, predictions and parameters
  kHistories,  ///< without predictions and parameters
  kResults,    ///< without parameters, ids of test examples, and what histories hold a task
  kAll
};

/// The schema of interfaces.md section 4 below one group: the root of a trial file, "record" of a
/// checkpoint.
void write_record(Hdf5Writer& place, const TrialRecord& record);
TrialRecord read_record(const Hdf5Reader& place, TrialParts parts);

/// Arrays by name below one group, in order.
void write_arrays(Hdf5Writer place, const std::vector<NamedArray>& arrays);
std::vector<NamedArray> read_arrays(const Hdf5Reader& place);

}  // namespace attempt::results
