#include "runner/cli/errors.h"

#include <cstdio>

#include "datasets/data_error.h"
#include "model/shapes/model_error.h"
#include "results/store_error.h"
#include "runner/cli/environment_error.h"
#include "runner/cli/usage_error.h"
#include "runner/config/config_error.h"
#include "runner/mpi/mpi_error.h"

namespace attempt::cli {

namespace {

int exit_code_of(const std::exception& error) {
  const bool is_environment = dynamic_cast<const EnvironmentError*>(&error) != nullptr ||
                              dynamic_cast<const mpi::MpiError*>(&error) != nullptr ||
                              dynamic_cast<const results::StoreError*>(&error) != nullptr;
  const bool is_input = dynamic_cast<const UsageError*>(&error) != nullptr ||
                        dynamic_cast<const config::ConfigError*>(&error) != nullptr ||
                        dynamic_cast<const datasets::DataError*>(&error) != nullptr ||
                        dynamic_cast<const model::ModelError*>(&error) != nullptr;
  if (is_input) return kUsage;
  return is_environment ? kEnvironment : kTrialsFailed;
}

}  // namespace

int report_error(const std::exception& error) {
  std::fflush(stdout);
  std::fprintf(stderr, "attempt: error: %s\n", error.what());
  return exit_code_of(error);
}

}  // namespace attempt::cli
