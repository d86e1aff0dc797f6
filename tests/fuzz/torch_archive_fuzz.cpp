// Files of torch.save, as they are looked at before LibTorch reads them.
#include "model/shapes/model_error.h"
#include "model/shapes/torch_archive.h"
#include "tests/fuzz/input_file.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using attempt::model::ModelError;
  try {
    attempt::model::check_torch_archive(attempt::fuzz::as_file("input.pt", data, size));
  } catch (const ModelError&) {
  }
  try {  // the pickle alone, which mutations of an archive rarely leave in its place
    attempt::model::check_tensor_pickle("pickle", {reinterpret_cast<const char*>(data), size});
  } catch (const ModelError&) {
  }
  return 0;
}
