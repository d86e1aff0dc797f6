// How long real examples are: token_lengths DATA_ROOT SPIECE_MODEL TASK...
// Prints lines "TASK TOKENS COUNT" of the training examples' sources as a trial cuts them (256
// tokens at most, their end token included). bench/gpu/token_lengths.txt is its output.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "datasets/task_data.h"
#include "datasets/tokenizer.h"

namespace datasets = attempt::datasets;

int main(int argc, char** argv) {
  constexpr std::int64_t kLongest = 256;
  if (argc < 4) return 2;
  const datasets::LoadOptions options{.root = argv[1]};
  const datasets::Tokenizer tokenizer(argv[2]);
  for (int i = 3; i < argc; ++i) {
    std::map<std::int64_t, std::int64_t> counts;
    const datasets::TaskData data = datasets::load_task(datasets::find_task(argv[i]), options);
    for (const datasets::Example& example : data.train) {
      const auto tokens = static_cast<std::int64_t>(tokenizer.encode(example.source).size()) + 1;
      ++counts[std::min(tokens, kLongest)];
    }
    for (const auto& [tokens, count] : counts)
      std::printf("%s %lld %lld\n", argv[i], static_cast<long long>(tokens),
                  static_cast<long long>(count));
  }
}
