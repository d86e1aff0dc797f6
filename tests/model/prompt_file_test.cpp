#include "model/prompt_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "model/shapes/model_error.h"
#include "tests/support/test_support.h"

namespace attempt::model {
namespace {

using ::testing::HasSubstr;

std::string npy_bytes(const std::string& header, std::size_t data_bytes) {
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + std::string(data_bytes, '\0');
}

const char* const kHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n";

class PromptFileTest : public ::testing::Test {
 protected:
  std::string refusal(const std::string& name, const std::string& bytes) {
    test::write_file(folder_ / name, bytes);
    try {
      read_prompt_file(folder_ / name);
      return "was read";
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr(name + ": "));
      return error.what();
    }
  }
  test::TemporaryFolder folder_;
};

TEST_F(PromptFileTest, ReadsNumPyArrays) {
  std::string bytes = npy_bytes(kHeader, 24);
  const float values[6] = {0, 1, 2, 3, 4, 5};
  std::memcpy(bytes.data() + bytes.size() - 24, values, 24);
  test::write_file(folder_ / "p.npy", bytes);
  const at::Tensor prompt = read_prompt_file(folder_ / "p.npy");
  EXPECT_TRUE(at::equal(prompt, at::arange(6, at::kFloat).view({2, 3})));
}

TEST_F(PromptFileTest, RefusesOtherArraysAndSaysWhy) {
  EXPECT_THAT(refusal("p.npy", "hello"), HasSubstr("is not a .npy file"));
  EXPECT_THAT(refusal("p.npy", npy_bytes(kHeader, 23)),
              HasSubstr("holds 23 bytes of data (its shape needs 24)"));
  EXPECT_THAT(refusal("p.npy",
                      npy_bytes("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }", 48)),
              HasSubstr("three-dimensional little-endian float"));
  EXPECT_THAT(
      refusal("p.npy", npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 24)),
      HasSubstr("C order"));
  EXPECT_THAT(
      refusal("p.npy", npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }", 24)),
      HasSubstr("three-dimensional"));
  EXPECT_THAT(
      refusal(
          "p.npy",
          npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (999999999, 999999999), }",
                    24)),
      HasSubstr("its shape needs"));
  EXPECT_THAT(refusal("p.npy", npy_bytes(std::string(60'000, '\''), 24)),
              HasSubstr("header of 60000 bytes"));
  EXPECT_THAT(refusal("p.npy", npy_bytes(kHeader, 24).substr(0, 30)), HasSubstr("truncated"));
  EXPECT_THAT(refusal("p.txt", "1 2 3"), HasSubstr("unknown kind"));
  EXPECT_THROW(read_prompt_file(folder_ / "absent.npy"), ModelError);
}

TEST_F(PromptFileTest, ReadsPromptsOfEveryLayer) {
  const std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1, 3), }   \n";
  test::write_file(folder_ / "p.npy", npy_bytes(header, 48));
  EXPECT_TRUE(at::equal(read_prompt_file(folder_ / "p.npy"), at::zeros({2, 1, 3})));
  EXPECT_THAT(
      refusal("p.npy", npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", 0)),
      HasSubstr("a prompt is [P, D]"));
}

TEST_F(PromptFileTest, ReadsSafetensorsOfEveryFloatingType) {
  const auto file = [](const std::string& type, const std::string& data) {
    const std::string header =
        "{\"other\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"prompt\":{\"dtype\":\"" +
        type + "\",\"shape\":[1,2],\"data_offsets\":[4," + std::to_string(4 + data.size()) + "]}}";
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size());
    return bytes + header + std::string(4, '\0') + data;
  };
  // 1.5 and -2 as IEEE half (0x3e00, 0xc000) and as bfloat16 (0x3fc0, 0xc000)
  const at::Tensor expected = at::tensor({1.5F, -2.0F}).unsqueeze(0);
  for (const auto& [type, data] :
       {std::pair<std::string, std::string>{"F16", std::string("\x00\x3e\x00\xc0", 4)},
        {"BF16", std::string("\xc0\x3f\x00\xc0", 4)},
        {"F32", std::string("\x00\x00\xc0\x3f\x00\x00\x00\xc0", 8)}}) {
    test::write_file(folder_ / "p.safetensors", file(type, data));
    EXPECT_TRUE(at::equal(read_prompt_file(folder_ / "p.safetensors"), expected)) << type;
  }
  EXPECT_THAT(refusal("p.safetensors", file("I32", std::string(8, '\0'))),
              HasSubstr("floating point"));
}

TEST_F(PromptFileTest, ChangedHeadersNeverCrash) {
  std::mt19937 engine(3);
  const std::string sound = npy_bytes(kHeader, 24);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = sound;
    for (unsigned changes = 1 + engine() % 5; changes > 0; --changes) {
      bytes[engine() % (bytes.size() - 24)] = static_cast<char>(engine());
    }
    refusal("p.npy", bytes);
  }
}

TEST_F(PromptFileTest, DamagedTorchFilesAreErrors) {
  EXPECT_THAT(refusal("p.pt", "not a zip archive"), HasSubstr("is not a file of torch.save"));
  EXPECT_THAT(refusal("p.pt", ""), HasSubstr("is not a file of torch.save"));
}

TEST_F(PromptFileTest, ReadsThePublishedPromptsSavedOnAGpu) {
  ATTEMPT_REQUIRE_SHARED(shared);
  int read = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(shared / "data" / "prompts" / "ATTEMPT")) {
    if (entry.path().extension() != ".pt") continue;
    const at::Tensor prompt = read_prompt_file(entry.path());
    EXPECT_EQ(prompt.size(0), 100) << entry.path();
    EXPECT_THAT(prompt.size(1), ::testing::AnyOf(768, 1024)) << entry.path();  // T5-base, T5-large
    EXPECT_TRUE(prompt.isfinite().all().item<bool>());
    // Cut anywhere it is an error, not a crash.
    const std::string bytes = test::read_file(entry.path());
    for (const double part : {0.1, 0.5, 0.9, 0.999}) {
      refusal("cut.pt",
              bytes.substr(0, static_cast<std::size_t>(static_cast<double>(bytes.size()) * part)));
    }
    ++read;
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace attempt::model
