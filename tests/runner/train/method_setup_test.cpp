#include "runner/train/method_setup.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "results/digest.h"
#include "runner/train/trial_failure.h"
#include "tests/model/golden.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

/// A .npy file of float32 zeros, [rows, columns].
std::string zeros(std::size_t rows, std::size_t columns) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows) + ", " + std::to_string(columns) + "), }";
  header.resize(117, ' ');
  header += '\n';
  const std::string magic("\x93NUMPY\x01\x00\x76\x00", 10);
  return magic + header + std::string(4 * rows * columns, '\0');
}

class InitFileTest : public ::testing::Test {
 protected:
  InitFileTest() {
    spec.method_options.init = model::PromptInit::kFile;
    spec.method_options.init_file = file;
    write(zeros(static_cast<std::size_t>(spec.method_options.prompt_length),
                static_cast<std::size_t>(t5->config.d_model)));
    spec.init_file_sha256 = results::sha256_file(file);
  }

  void write(const std::string& content) { attempt::test::write_file(file, content); }
  void set_up() { set_up_method(spec, *t5, tokenizer, {}); }

  attempt::test::TinyWorld world;
  sweep::TrialSpec spec = world.spec("prompt_tuning");
  std::string file = world.folder() / "start.npy";
  datasets::Tokenizer tokenizer{spec.data.tokenizer};
  std::unique_ptr<model::T5> t5 = attempt::test::golden_backbone("t5_v1_0");
};

TEST_F(InitFileTest, TheFileThatWasPlannedIsTaken) { EXPECT_NO_THROW(set_up()); }

TEST_F(InitFileTest, AnotherContentThanPlannedFailsTheTrial) {
  std::string changed = attempt::test::read_file(file);
  changed.back() = 1;
  write(changed);
  try {
    set_up();
    FAIL();
  } catch (const TrialFailure& failure) {
    EXPECT_EQ(failure.cause, "source");
    EXPECT_THAT(failure.what(), testing::AllOf(testing::HasSubstr("start.npy: is not the file"),
                                               testing::HasSubstr("Plan the study again")));
  }
}

TEST_F(InitFileTest, TheStartThatIsDrawnAgainIsComparedToo) {
  sweep::PromptStart start{.prompt_length = spec.method_options.prompt_length,
                           .init = model::PromptInit::kFile,
                           .file = file,
                           .file_sha256 = spec.init_file_sha256};
  EXPECT_EQ(drawn_start(start, *t5, tokenizer).abs().sum().item<float>(), 0);
  start.file_sha256 = "of another file";
  EXPECT_THROW(drawn_start(start, *t5, tokenizer), TrialFailure);
}

}  // namespace
}  // namespace attempt::train
