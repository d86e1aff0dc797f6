#include "model/weights.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "model/safetensors.h"
#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"
#include "tests/support/test_support.h"

namespace attempt::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

/// Two layers, eight wide.
T5Config tiny_config() {
  T5Config config;
  config.vocab_size = 11;
  config.d_model = 8;
  config.d_kv = 4;
  config.num_heads = 2;
  config.d_ff = 16;
  config.num_layers = 1;
  config.num_decoder_layers = 1;
  return config;
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorShape>& shapes) {
  Json header = Json::object();
  std::size_t end = 0;
  for (const TensorShape& shape : shapes) {
    const std::size_t begin = end;
    end += static_cast<std::size_t>(shape.numel()) * sizeof(float);
    header[shape.name] = {{"dtype", "F32"}, {"shape", shape.dims}, {"data_offsets", {begin, end}}};
  }
  const std::string text = header.dump();
  std::string bytes(8, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, sizeof length);
  test::write_file(path, bytes + text + std::string(end, '\0'));
}

class WeightsTest : public ::testing::Test {
 protected:
  std::string refusal() {
    try {
      read_weights(folder_.path(), config_, at::kFloat);
      return "was read";
    } catch (const ModelError& error) {
      return error.what();
    }
  }
  void write_single() { write_safetensors(folder_ / "model.safetensors", shapes_); }

  test::TemporaryFolder folder_;
  T5Config config_ = tiny_config();
  std::vector<TensorShape> shapes_ = backbone_shapes(config_);
};

TEST_F(WeightsTest, ReadsTheTypeAskedFor) {
  write_single();
  const TensorMap tensors = read_weights(folder_.path(), config_, at::kBFloat16);
  EXPECT_EQ(tensors.size(), shapes_.size());
  EXPECT_EQ(tensors.at("shared.weight").scalar_type(), at::kBFloat16);
}

TEST_F(WeightsTest, ReadsShardsThroughTheirIndex) {
  const std::ptrdiff_t half = static_cast<std::ptrdiff_t>(shapes_.size() / 2);
  write_safetensors(folder_ / "one.safetensors", {shapes_.begin(), shapes_.begin() + half});
  write_safetensors(folder_ / "two.safetensors", {shapes_.begin() + half, shapes_.end()});
  Json map = Json::object();
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    map[shapes_[i].name] =
        static_cast<std::ptrdiff_t>(i) < half ? "one.safetensors" : "two.safetensors";
  }
  const auto index = folder_ / "model.safetensors.index.json";
  test::write_file(index, Json{{"weight_map", map}}.dump());
  EXPECT_EQ(read_weights(folder_.path(), config_, at::kFloat).size(), shapes_.size());

  map[shapes_[0].name] = "../one.safetensors";
  test::write_file(index, Json{{"weight_map", map}}.dump());
  EXPECT_THAT(refusal(), HasSubstr("does not name a file beside it"));
  map[shapes_[0].name] = "three.safetensors";
  test::write_file(index, Json{{"weight_map", map}}.dump());
  EXPECT_THAT(refusal(), AllOf(HasSubstr("three.safetensors"), HasSubstr("cannot be opened")));
  test::write_file(index, R"({"weight_map":{}})");
  EXPECT_THAT(refusal(), HasSubstr("empty weight_map"));
  test::write_file(index, "[");
  EXPECT_THAT(refusal(), HasSubstr("has no weight_map"));
}

TEST_F(WeightsTest, MissingSurplusAndMisshapedTensorsAreNamed) {
  EXPECT_THAT(refusal(), HasSubstr("holds neither model.safetensors nor"));
  const TensorShape last = shapes_.back();
  shapes_.pop_back();
  write_single();
  EXPECT_THAT(refusal(), AllOf(HasSubstr("model.safetensors: "), HasSubstr(last.name),
                               HasSubstr("is missing")));

  shapes_.push_back({last.name, {9}});
  write_single();
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr(last.name), HasSubstr("has shape [9] (config.json says [8])")));

  shapes_.back() = last;
  shapes_.push_back({"encoder.block.1.layer.0.layer_norm.weight", {8}});
  write_single();
  EXPECT_THAT(refusal(), AllOf(HasSubstr("encoder.block.1"), HasSubstr("is not part of this T5")));
}

TEST_F(WeightsTest, CopiesThatOldFilesCarryAreIgnored) {
  shapes_.push_back({"encoder.embed_tokens.weight", {11, 8}});
  shapes_.push_back({"lm_head.weight", {11, 8}});
  shapes_.push_back(
      {"decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", {32, 2}});
  write_single();
  EXPECT_EQ(refusal(), "was read");
  EXPECT_EQ(read_weights(folder_.path(), config_, at::kFloat).count("lm_head.weight"), 0U);
}

}  // namespace
}  // namespace attempt::model
