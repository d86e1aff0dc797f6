#include "runner/train/node_copy.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/support/test_support.h"

namespace attempt::train {
namespace {

namespace fs = std::filesystem;

class NodeCopyTest : public ::testing::Test {
 protected:
  NodeCopyTest() {
    fs::create_directory(backbone_);
    test::write_file(backbone_ / "config.json", "{}");
    test::write_file(backbone_ / "pytorch_model.bin", "of another program");
    test::write_file(temporary_.path() / "blob", "weights");
    fs::create_symlink(temporary_.path() / "blob", backbone_ / "model.safetensors");
    ::setenv("ATTEMPT_STAGE", (temporary_.path() / "node").c_str(), 1);
  }
  ~NodeCopyTest() override { ::unsetenv("ATTEMPT_STAGE"); }

  const test::TemporaryFolder temporary_;
  const fs::path backbone_ = temporary_.path() / "backbone";
};

TEST_F(NodeCopyTest, NothingIsCopiedUnlessAFolderIsNamed) {
  ::unsetenv("ATTEMPT_STAGE");
  EXPECT_EQ(staged(backbone_, "key"), backbone_);
}

TEST_F(NodeCopyTest, ACopyHoldsWhatATrainerReads) {
  const fs::path copy = staged(backbone_, "key");
  EXPECT_EQ(copy, temporary_.path() / "node" / "key");
  EXPECT_EQ(test::read_file(copy / "model.safetensors"), "weights");
  EXPECT_FALSE(fs::is_symlink(copy / "model.safetensors"));
  EXPECT_TRUE(fs::exists(copy / "config.json"));
  EXPECT_FALSE(fs::exists(copy / "pytorch_model.bin"));
}

TEST_F(NodeCopyTest, ManyTrainersOfANodeMakeOneCopy) {
  std::vector<std::thread> trainers;
  for (int i = 0; i < 8; ++i) {
    trainers.emplace_back([&] {
      EXPECT_EQ(test::read_file(staged(temporary_.path() / "blob", "tokens/a.h5")), "weights");
    });
  }
  for (std::thread& trainer : trainers) trainer.join();
  test::write_file(temporary_.path() / "blob", "changed");
  EXPECT_EQ(test::read_file(staged(temporary_.path() / "blob", "tokens/a.h5")), "weights");
}

TEST_F(NodeCopyTest, WithoutRoomTheOriginalIsRead) {
  ::setenv("ATTEMPT_STAGE", "/proc/nowhere", 1);
  EXPECT_EQ(staged(backbone_, "key"), backbone_);
}

}  // namespace
}  // namespace attempt::train
