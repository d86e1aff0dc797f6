// SentencePiece models: loaded, then used on a few texts.
#include "datasets/data_error.h"
#include "datasets/tokenizer.h"
#include "tests/fuzz/input_file.h"

namespace datasets = attempt::datasets;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto& file = attempt::fuzz::as_file("spiece.model", data, size);
  try {
    const datasets::Tokenizer tokenizer(file);
    for (const char* text : {"the sea", "mmmm \xEF\xBC\xA1 zz", "", "<extra_id_0> a</s>"}) {
      const auto ids = tokenizer.encode(text, datasets::SpecialTokens::kSplitOut);
      for (const std::int32_t id : ids) {
        attempt::fuzz::require(id >= 0 && id < tokenizer.piece_count() + 100,
                               "ids are of the vocabulary");
      }
      tokenizer.decode(ids);
    }
  } catch (const datasets::DataError&) {
  }
  return 0;
}
