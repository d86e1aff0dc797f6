#include "tests/model/golden.h"

#include <ATen/ATen.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/test_support.h"

namespace attempt::test {

at::Device test_device() {
  constexpr int kSkipped = 77;
  const char* named = std::getenv("ATTEMPT_TEST_DEVICE");
  if (named == nullptr) return at::kCPU;
  if (!at::hasCUDA()) {
    std::puts("no GPU is visible");
    std::exit(kSkipped);
  }
  at::globalContext().setAllowTF32CuDNN(false);  // as the trainer does
  return at::Device(named);
}

at::Tensor GoldenFile::tensor(const std::string& name) const {
  return model::SafetensorsFile::tensor(name).to(test_device());
}

GoldenFile golden_tensors(const std::string& name) {
  return GoldenFile(source_folder() / "tests/goldens" / (name + ".safetensors"));
}

nlohmann::json golden_json(const std::string& name) {
  return nlohmann::json::parse(read_file(source_folder() / "tests/goldens" / (name + ".json")));
}

std::unique_ptr<model::T5> golden_backbone(const std::string& name) {
  return model::load_t5(
      {.folder = source_folder() / "tests/goldens" / name, .device = test_device().str()});
}

model::Batch golden_batch(const GoldenFile& file, const std::string& prefix) {
  const std::string dot = prefix.empty() ? "" : prefix + ".";
  model::Batch batch;
  batch.input_ids = file.tensor(dot + "input_ids");
  batch.attention_mask = file.tensor(dot + "attention_mask").to(at::kBool);
  if (file.contains(dot + "labels")) batch.labels = file.tensor(dot + "labels");
  return batch;
}

double max_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.cpu().to(at::kDouble) - b.cpu().to(at::kDouble)).abs().max().item<double>();
}

double max_magnitude(const at::Tensor& a) { return a.abs().max().item<double>(); }

}  // namespace attempt::test
