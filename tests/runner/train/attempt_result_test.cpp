#include "runner/train/attempt_result.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "runner/process/trainer_process.h"

namespace attempt::train {
namespace {

void use_device() { throw std::runtime_error("CUDA error: device-side assert triggered"); }

TEST(AttemptResultTest, NamesADeviceThatTakesNoMoreWork) {
  const AttemptResult result = result_of([]() -> std::string {
    throw std::runtime_error("CUDA error: device-side assert triggered");
  });
  EXPECT_EQ(result.cause, "cuda_error");
  EXPECT_TRUE(result.is_device_lost);
}

TEST(AttemptResultTest, TellsErrorsOfTheMachineFromThoseOfWhatWasRead) {
  EXPECT_TRUE(is_of_the_machine(std::bad_alloc()));
  EXPECT_TRUE(is_of_the_machine(std::runtime_error("CUDA error: an illegal memory access")));
  EXPECT_TRUE(is_of_the_machine(std::runtime_error("DefaultCPUAllocator: can't allocate memory")));
  EXPECT_FALSE(is_of_the_machine(std::runtime_error("no array 'adamw.step'")));
}

struct FailsWhenPutAway {
  ~FailsWhenPutAway() { use_device(); }
};

TEST(AttemptResultDeathTest, ADeviceErrorWhileCleaningUpIsStillNamed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        exit_on_device_error();
        result_of([]() -> std::string {
          const FailsWhenPutAway memory;
          use_device();
          return "";
        });
      },
      testing::ExitedWithCode(process::kDeviceErrorExit), "device-side assert");
  process::ProcessEnd end;
  end.exit_code = process::kDeviceErrorExit;
  EXPECT_EQ(process::cause_of(end), "cuda_error");
}

}  // namespace
}  // namespace attempt::train
