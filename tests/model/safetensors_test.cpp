#include "model/safetensors.h"

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

/// The bytes of a safetensors file with this header and so many bytes of data.
std::string file_bytes(const std::string& header, std::size_t data_bytes) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  bytes += header;
  for (std::size_t i = 0; i < data_bytes; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

const char* const kSound = R"({"__metadata__":{"format":"pt"},)"
                           R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                           R"("b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}})";

class SafetensorsTest : public ::testing::Test {
 protected:
  /// The message with which a file of these bytes is refused.
  std::string refusal(const std::string& bytes) {
    const auto path = folder_ / "x.safetensors";
    test::write_file(path, bytes);
    try {
      const SafetensorsFile file(path);
      return "was read";
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr("x.safetensors: "));
      return error.what();
    }
  }
  std::string refused_header(const std::string& header) { return refusal(file_bytes(header, 32)); }

  test::TemporaryFolder folder_;
};

TEST_F(SafetensorsTest, ReadsShapesTypesAndValues) {
  test::write_file(folder_ / "x.safetensors", file_bytes(kSound, 32));
  const SafetensorsFile file(folder_ / "x.safetensors");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(file.shape("a"), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(file.tensor("b").scalar_type(), at::kBFloat16);
  EXPECT_EQ(file.tensor("b").numel(), 4);
  EXPECT_THROW(file.tensor("c"), ModelError);
}

TEST_F(SafetensorsTest, TruncatedAnywhereIsAnError) {
  const std::string sound = file_bytes(kSound, 32);
  for (std::size_t length = 0; length < sound.size(); ++length) {
    EXPECT_NE(refusal(sound.substr(0, length)), "was read") << length << " bytes";
  }
}

TEST_F(SafetensorsTest, LyingHeadersNameTensorExpectedAndFound) {
  EXPECT_THAT(refusal(std::string(7, 'x')), HasSubstr("truncated"));
  EXPECT_THAT(refusal(std::string(8, '\xff')), HasSubstr("does not fit"));
  EXPECT_THAT(refused_header("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(refused_header("{"), HasSubstr("not JSON"));
  EXPECT_THAT(refused_header(std::string(100'000, '[')), HasSubstr("not JSON"));
  EXPECT_THAT(refused_header(R"({"a":1})"), HasSubstr("'a': header entry lacks"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}})"),
              HasSubstr("type F8 is not supported"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[9],"data_offsets":[0,32]}})"),
              HasSubstr("holds 32 bytes (shape and type need 36)"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[16],"data_offsets":[0,64]}})"),
              HasSubstr("reach beyond the 32 bytes"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[16,8]}})"),
              HasSubstr("reach beyond"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})"),
              HasSubstr("whole numbers"));
  EXPECT_THAT(refused_header(
                  R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})"),
              HasSubstr("larger than the file"));
  EXPECT_THAT(refused_header(
                  R"({"a":{"dtype":"F32","shape":[9223372036854775808,0],"data_offsets":[0,0]}})"),
              HasSubstr("larger than the file"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})"),
              HasSubstr("no elements"));
  EXPECT_THAT(refused_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})"),
              HasSubstr("overlap"));
}

// Changed bytes may leave a sound file; whatever they do, reading ends with tensors or ModelError.
TEST_F(SafetensorsTest, ChangedBytesNeverCrash) {
  const std::string sound = file_bytes(kSound, 32);
  std::mt19937 engine(1);
  const std::string interesting = "{}[]\",:0123456789-eE.\\\xff\x00";
  const auto path = folder_ / "x.safetensors";
  int read = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = sound;
    for (unsigned changes = 1 + engine() % 4; changes > 0; --changes) {
      bytes[engine() % (bytes.size() - 32)] = interesting[engine() % interesting.size()];
    }
    test::write_file(path, bytes);
    try {
      const SafetensorsFile file(path);
      for (const std::string& name : file.names()) EXPECT_LE(file.tensor(name).nbytes(), 32U);
      ++read;
    } catch (const ModelError&) {
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_LT(read, 3000);
}

}  // namespace
}  // namespace attempt::model
