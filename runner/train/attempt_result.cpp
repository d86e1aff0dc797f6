#include "runner/train/attempt_result.h"

#include <c10/util/Exception.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "datasets/data_error.h"
#include "model/shapes/model_error.h"
#include "results/store_error.h"
#include "runner/process/trainer_process.h"
#include "runner/train/trial_failure.h"

namespace attempt::train {

namespace {

constexpr const char* kOutOfMemory = "out_of_memory";
constexpr const char* kCudaError = "cuda_error";
constexpr const char* kDeviceLost = "device_lost";

/// What the library reports as a plain error with a text.
bool is_out_of_memory_text(const std::string& text) {
  return text.find("out of memory") != std::string::npos ||
         text.find("can't allocate memory") != std::string::npos ||
         text.find("not enough memory") != std::string::npos;
}

/// Errors after which the process can use its device no more.
bool is_cuda_text(const std::string& text) {
  return text.find("CUDA error") != std::string::npos ||
         text.find("CUDA driver error") != std::string::npos;
}

/// Those among them that no trial can cause.
bool is_device_lost_text(const std::string& text) {
  for (const char* words : {"ECC", "no CUDA-capable device", "device is lost", "hardware stack",
                            "fallen off the bus", "devices unavailable"}) {
    if (text.find(words) != std::string::npos) return true;
  }
  return false;
}

std::string cause_of_error(const std::string& text) {
  if (is_out_of_memory_text(text)) return kOutOfMemory;
  if (!is_cuda_text(text)) return "exception";
  return is_device_lost_text(text) ? kDeviceLost : kCudaError;
}

AttemptResult failed(const std::string& cause, const std::exception& error) {
  return {process::OutcomeStatus::kFailed, cause, error.what(), {}, false, 0};
}

}  // namespace

AttemptResult result_of(const std::function<std::string()>& attempt) {
  try {
    return {process::OutcomeStatus::kSucceeded, {}, {}, attempt(), false, 0};
  } catch (const StopRequested& error) {
    return {process::OutcomeStatus::kInterrupted, "stopped", error.what(), {}, false, 0};
  } catch (const TrialFailure& error) {
    return failed(error.cause, error);
  } catch (const datasets::DataError& error) {
    return failed("data", error);
  } catch (const model::ModelError& error) {
    return failed("model", error);
  } catch (const results::StoreError& error) {
    return failed("store", error);
  } catch (const c10::OutOfMemoryError& error) {
    return failed(kOutOfMemory, error);
  } catch (const std::bad_alloc& error) {
    return failed(kOutOfMemory, error);
  } catch (const std::exception& error) {
    AttemptResult result = failed(cause_of_error(error.what()), error);
    result.is_device_lost = is_cuda_text(error.what());
    return result;
  }
}

bool is_of_the_machine(const std::exception& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  return cause_of_error(error.what()) != "exception";
}

void exit_on_device_error() {
  std::set_terminate([] {
    try {
      if (std::current_exception() != nullptr) std::rethrow_exception(std::current_exception());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "attempt-trainer: %s\n", error.what());
      if (is_cuda_text(error.what())) std::_Exit(process::kDeviceErrorExit);
    } catch (...) {
    }
    std::abort();
  });
}

}  // namespace attempt::train
