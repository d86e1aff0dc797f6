#include "model/adapter_file.h"

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "model/npy_writer.h"
#include "model/peft_folder.h"
#include "model/safetensors_writer.h"
#include "model/shapes/method_shapes.h"
#include "model/shapes/model_error.h"
#include "tests/support/test_support.h"

namespace attempt::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

T5Config small_config() {
  T5Config config;
  config.vocab_size = 32;
  config.d_model = 6;
  config.d_kv = 2;
  config.num_heads = 2;
  config.d_ff = 8;
  config.num_layers = 2;
  config.num_decoder_layers = 2;
  return config;
}

/// Random tensors of the shapes that a trial of these options keeps.
std::vector<NamedTensor> saved_tensors(const MethodOptions& options) {
  std::vector<NamedTensor> tensors;
  for (const TensorShape& shape : trained_shapes(folded_options(options), small_config())) {
    tensors.push_back({shape.name, at::randn(shape.dims)});
  }
  return tensors;
}

/// A pickle of one float32 tensor [1, columns] with the 8 bytes of record data/0, as torch.save
/// writes it.
std::string tensor_pickle(char columns,
                          const std::string& rebuild = "torch._utils\n_rebuild_tensor_v2") {
  using std::string_literals::operator""s;
  return "\x80\x02"s + "c" + rebuild + "\nq\x00((X\x07\x00\x00\x00storageq\x01"s +
         "ctorch\nFloatStorage\nq\x02X\x01\x00\x00\x00"s + "0X\x03\x00\x00\x00"s +
         "cpuK\x02tq\x03QK\x00K\x01K"s + columns + "\x86K"s + columns + "K\x01\x86\x89"s +
         "ccollections\nOrderedDict\n)Rtq\x04R."s;
}

class AdapterFileTest : public ::testing::Test {
 protected:
  fs::path torch_file(const std::string& pickle) {
    const fs::path path = folder_ / "p.pt";
    fs::remove(path);
    caffe2::serialize::PyTorchStreamWriter writer(path.string());
    const float values[2] = {1.5F, -2};
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    writer.writeRecord("data/0", values, sizeof values);
    writer.writeEndOfFile();
    return path;
  }

  std::string refusal(const fs::path& path) {
    try {
      read_adapter(path);
      return "was read";
    } catch (const ModelError& error) {
      return error.what();
    }
  }

  std::string misfit(const ImportedAdapter& adapter, const T5Config& config) {
    try {
      require_fitting("file", adapter, config);
      return "fits";
    } catch (const ModelError& error) {
      return error.what();
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(AdapterFileTest, ReadsTheTensorOfATorchFile) {
  const ImportedAdapter adapter = read_adapter(torch_file(tensor_pickle(2)));
  ASSERT_EQ(adapter.tensors.size(), 1U);
  EXPECT_EQ(adapter.tensors[0].name, "prompt");
  EXPECT_TRUE(at::equal(adapter.tensors[0].value, at::tensor({1.5F, -2.0F}).unsqueeze(0)));
}

TEST_F(AdapterFileTest, RefusesPicklesThatCallForCode) {
  EXPECT_THAT(refusal(torch_file("\x80\x02"
                                 "cos\nsystem\nX\x04" +
                                 std::string(3, '\0') + "true\x85R.")),
              AllOf(HasSubstr("p.pt"), HasSubstr("calls for os.system"), HasSubstr("run code")));
  EXPECT_THAT(refusal(torch_file(tensor_pickle(2, "builtins\neval"))),
              HasSubstr("calls for builtins.eval"));
  // Protocol 4 names things by the stack (opcode 0x93), where a look at the bytes would miss them.
  EXPECT_THAT(refusal(torch_file("\x80\x04\x93.")), HasSubstr("instruction 0x93"));
  EXPECT_THAT(refusal(torch_file("\x80\x02}")), HasSubstr("its pickle is truncated"));
}

TEST_F(AdapterFileTest, RefusesTensorsThatReachBeyondTheirValues) {
  EXPECT_THAT(refusal(torch_file(tensor_pickle(100))), HasSubstr("p.pt"));
}

TEST_F(AdapterFileTest, RefusesTruncatedTorchFiles) {
  const std::string bytes = test::read_file(torch_file(tensor_pickle(2)));
  for (const double part : {0.2, 0.6, 0.99}) {
    const auto size = static_cast<std::size_t>(static_cast<double>(bytes.size()) * part);
    test::write_file(folder_ / "cut.pt", bytes.substr(0, size));
    EXPECT_THAT(refusal(folder_ / "cut.pt"), HasSubstr("truncated"));
  }
}

TEST_F(AdapterFileTest, NamesTheTensorAndThePlaceOfAValueThatIsNoNumber) {
  at::Tensor prompt = at::randn({3, 6});
  prompt[1][4] = std::numeric_limits<float>::quiet_NaN();
  write_npy(folder_ / "p.npy", prompt);
  EXPECT_THAT(refusal(folder_ / "p.npy"),
              AllOf(HasSubstr("p.npy"), HasSubstr("'prompt'"), HasSubstr("[1, 4] is nan")));
}

TEST_F(AdapterFileTest, NamesTheTensorThatABackboneDoesNotTake) {
  write_npy(folder_ / "p.npy", at::randn({3, 7}));
  EXPECT_THAT(misfit(read_adapter(folder_ / "p.npy"), small_config()),
              HasSubstr("tensor 'prompt' has shape [3, 7] (this backbone needs [3, 6])"));
  MethodOptions lora;
  lora.method = "lora";
  write_peft_folder(folder_ / "lora", lora, saved_tensors(lora), {"tiny", 2, "trial"});
  const ImportedAdapter adapter = read_adapter(folder_ / "lora");
  EXPECT_EQ(misfit(adapter, small_config()), "fits");
  T5Config deeper = small_config();
  deeper.num_layers = 3;
  EXPECT_THAT(misfit(adapter, deeper), HasSubstr("encoder.block.2.layer.0.SelfAttention.q.lora_A' "
                                                 "is missing"));
  T5Config flatter = small_config();
  flatter.num_decoder_layers = 1;
  EXPECT_THAT(misfit(adapter, flatter), HasSubstr("has no place in this backbone"));
}

TEST_F(AdapterFileTest, PeftFoldersComeBackAsTheyWere) {
  for (const char* method : {"prompt_tuning", "spot", "p_tuning", "lora", "ia3", "prefix_tuning"}) {
    MethodOptions options;
    options.method = method;
    options.prompt_length = 5;
    options.prefix_length = 3;
    options.lora_alpha = 24;
    options.lora_targets = {"q", "wi", "wo"};
    options.prefix_layout = PrefixLayout::kPeft;
    std::vector<NamedTensor> tensors = saved_tensors(options);
    if (options.method == "prefix_tuning") {  // both layers have the slots of the first
      tensors[0].value.select(1, 1).copy_(tensors[0].value.select(1, 0));
    }
    const fs::path folder = folder_ / method;
    write_peft_folder(folder, options, tensors, {"tiny", 2, "trial"});
    const ImportedAdapter adapter = read_adapter(folder);
    EXPECT_EQ(adapter.base_model, "tiny");
    EXPECT_EQ(misfit(adapter, small_config()), "fits") << method;
    ASSERT_EQ(adapter.tensors.size(), tensors.size()) << method;
    for (const NamedTensor& tensor : tensors) {
      const auto same = [&](const NamedTensor& other) {
        return other.name == tensor.name && at::equal(other.value, tensor.value);
      };
      EXPECT_TRUE(std::any_of(adapter.tensors.begin(), adapter.tensors.end(), same)) << tensor.name;
    }
    if (options.method == "lora") {
      EXPECT_EQ(adapter.options.lora_alpha, 24);
    }
  }
}

TEST_F(AdapterFileTest, OfADoubleTableTheFirstHalfIsUsed) {
  fs::create_directory(folder_ / "peft");
  const at::Tensor table = at::randn({8, 6});
  write_safetensors(folder_ / "peft" / "adapter_model.safetensors", {{"prompt_embeddings", table}});
  test::write_file(folder_ / "peft" / "adapter_config.json",
                   R"({"peft_type": "PROMPT_TUNING", "task_type": "SEQ_2_SEQ_LM",
                       "num_virtual_tokens": 4, "num_transformer_submodules": 2})");
  const ImportedAdapter adapter = read_adapter(folder_ / "peft");
  EXPECT_TRUE(at::equal(adapter.tensors.at(0).value, table.narrow(0, 0, 4)));
  EXPECT_THAT(adapter.notes, ElementsAre(HasSubstr("8 rows, of which PEFT uses the first 4")));
}

TEST_F(AdapterFileTest, RefusesWhatPeftComputesInAnotherWay) {
  fs::create_directory(folder_ / "peft");
  const auto refused = [&](const std::string& config) {
    test::write_file(folder_ / "peft" / "adapter_config.json", config);
    return refusal(folder_ / "peft");
  };
  EXPECT_THAT(refused(R"({"peft_type": "LORA", "r": 4, "use_dora": true})"),
              HasSubstr("'use_dora' is set"));
  EXPECT_THAT(refused(R"({"peft_type": "LOHA"})"), HasSubstr("'peft_type' is 'LOHA'"));
  EXPECT_THAT(refused(R"({"peft_type": "LORA", "r": 4, "task_type": "CAUSAL_LM"})"),
              HasSubstr("another kind of model"));
  EXPECT_THAT(refused("{"), HasSubstr("adapter_config.json: is not JSON"));
  EXPECT_THAT(refused(R"({"peft_type": "IA3"})"), HasSubstr("adapter_model.bin: is not there"));
}

TEST_F(AdapterFileTest, NoPeftFolderForWhatPeftCannotCompute) {
  MethodOptions attempt;
  attempt.method = "attempt";
  EXPECT_THROW(
      write_peft_folder(folder_ / "x", attempt, {{"prompt", at::ones({2, 6})}}, {"b", 2, "f"}),
      ModelError);
  MethodOptions prefix;
  prefix.method = "prefix_tuning";
  EXPECT_THROW(write_peft_folder(folder_ / "x", prefix, saved_tensors(prefix), {"b", 2, "f"}),
               ModelError);
  prefix.prefix_layout = PrefixLayout::kPeft;  // but with layers that differ
  EXPECT_THROW(write_peft_folder(folder_ / "x", prefix, saved_tensors(prefix), {"b", 2, "f"}),
               ModelError);
}

TEST_F(AdapterFileTest, ReadsEveryPublishedPrompt) {
  ATTEMPT_REQUIRE_SHARED(shared);
  int read = 0;
  for (const auto& entry : fs::recursive_directory_iterator(shared / "data" / "prompts")) {
    const std::string kind = entry.path().extension().string();
    if (kind != ".pt" && kind != ".bin" && kind != ".npy") continue;
    const ImportedAdapter adapter = read_adapter(entry.path());
    EXPECT_EQ(adapter.tensors.at(0).name, "prompt") << entry.path();
    EXPECT_EQ(adapter.base_model, kind == ".bin" ? "t5-base" : "") << entry.path();
    EXPECT_THAT(adapter.tensors.at(0).value.size(0), ::testing::AnyOf(100, 80, 60));
    ++read;
  }
  EXPECT_EQ(read, 10);
}

}  // namespace
}  // namespace attempt::model
