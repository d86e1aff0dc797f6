#include "runner/train/trained_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/npy_writer.h"
#include "model/peft_folder.h"
#include "model/shapes/model_error.h"
#include "results/trial_file.h"
#include "runner/train/loaded_trial.h"
#include "runner/train/source_prompts.h"
#include "tests/runner/train/tiny_world.h"

namespace attempt::train {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class TrainedFileTest : public ::testing::Test {
 protected:
  TrainedFileTest() : spec_(world_.spec("prompt_tuning")) {
    // The golden backbone with the tokenizer of this world beside it, as a user's folder has it.
    fs::copy(spec_.model.folder, folder() / "backbone");
    fs::remove(folder() / "backbone" / "spiece.model");
    fs::copy(spec_.data.tokenizer, folder() / "backbone" / "spiece.model");
    backbone_ = read_backbone_folder(folder() / "backbone");
    prompt_ = at::randn({4, backbone_.config.d_model});
  }

  fs::path folder() const { return world_.folder().path(); }

  std::string refusal(const TrainedFile& file, bool is_any_base = false) {
    try {
      require_backbone(file, backbone_, is_any_base);
      return "taken";
    } catch (const model::ModelError& error) {
      return error.what();
    }
  }

  fs::path peft_folder(const std::string& base) {
    model::MethodOptions options;
    options.method = "prompt_tuning";
    const fs::path path = folder() / "peft";
    model::write_peft_folder(path, options, {{"prompt", prompt_}}, {base, 2, "test"});
    return path;
  }

  test::TinyWorld world_;
  sweep::TrialSpec spec_;
  BackboneFolder backbone_;
  at::Tensor prompt_;
};

TEST_F(TrainedFileTest, RefusesAnAdapterThatNamesAnotherBackbone) {
  const TrainedFile other = read_trained_file(peft_folder("google/t5-v1_1-base"));
  EXPECT_THAT(refusal(other), AllOf(HasSubstr("peft"), HasSubstr("google/t5-v1_1-base"),
                                    HasSubstr("another backbone")));
  EXPECT_EQ(refusal(other, /*is_any_base=*/true), "taken");
  EXPECT_EQ(refusal(read_trained_file(peft_folder("somebody/Backbone/"))), "taken");
}

TEST_F(TrainedFileTest, RefusesAPromptOfAnotherWidthWhateverItsName) {
  model::write_npy(folder() / "wide.npy", at::randn({4, 9}));
  EXPECT_THAT(refusal(read_trained_file(folder() / "wide.npy"), /*is_any_base=*/true),
              AllOf(HasSubstr("wide.npy"), HasSubstr("'prompt' has shape [4, 9]")));
}

TEST_F(TrainedFileTest, ErrorsOfTheReadingChildNameTheFileOnce) {
  test::write_file(folder() / "code.pt", "PK\3\4 nothing behind it");
  try {
    read_trained_file(folder() / "code.pt");
    FAIL() << "was read";
  } catch (const model::ModelError& error) {
    EXPECT_EQ(error.path, (folder() / "code.pt").string());
    EXPECT_THAT(error.what(), HasSubstr("code.pt: is truncated"));
  }
}

TEST_F(TrainedFileTest, AnImportedPromptIsTakenLikeThatOfATrial) {
  const TrainedFile given = read_trained_file(peft_folder("backbone"));
  write_imported(folder() / "imported.h5", given, backbone_, "rte");
  const TrainedFile imported = read_trained_file(folder() / "imported.h5");
  EXPECT_EQ(refusal(imported), "taken");
  EXPECT_EQ(imported.fingerprint, backbone_.fingerprint);
  EXPECT_EQ(imported.adapter.options.prompt_length, 4);
  EXPECT_TRUE(at::equal(imported.adapter.tensors.at(0).value, prompt_));
  EXPECT_TRUE(at::equal(read_ready_made_prompt((folder() / "imported.h5").string()), prompt_));

  BackboneFolder other = backbone_;
  other.fingerprint = std::string(64, '0');
  EXPECT_THROW(require_backbone(imported, other, /*is_any_base=*/false), model::ModelError);
}

}  // namespace
}  // namespace attempt::train
