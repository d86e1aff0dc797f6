// Builds the token cache of QQP below DATA_ROOT and reads an epoch of it in batches:
// token_cache DATA_ROOT SPIECE_MODEL CACHE_FOLDER BATCH_SIZE. Prints JSON lines. Anonymous memory
// is RssAnon of /proc/self/status: what belongs to no file.
#include "datasets/token_cache.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "datasets/batches.h"

namespace datasets = attempt::datasets;

namespace {

std::int64_t anonymous_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) return kilobytes;
  }
  return -1;
}

class Timer {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double examples_of(const datasets::TokenizedTask& task) {
  return static_cast<double>(task.train->size() + task.validation->size() + task.test->size());
}

/// Examples a second over one epoch of the training split, every value of every batch read.
double read_epoch(const datasets::TokenizedSplit& train, std::int64_t batch_size, bool by_length) {
  std::vector<std::int32_t> lengths;
  for (std::int64_t i = 0; by_length && i < train.size(); ++i)
    lengths.push_back(static_cast<std::int32_t>(train.source_ids(i).size()));
  const datasets::CollateOptions options{.max_source_length = 256, .max_target_length = 3};
  const Timer timer;  // the epoch's permutation included
  datasets::TrainOrder order(train.size(), batch_size, 42, /*shuffle=*/true, std::move(lengths));
  std::int64_t sum = 0;
  for (std::int64_t step = 0; step < order.steps_per_epoch(); ++step) {
    const datasets::TokenBatch batch = datasets::collate(train, order.batch(step), options);
    for (const std::int64_t id : batch.input_ids) sum += id;
  }
  if (sum == 0) std::abort();
  return static_cast<double>(train.size()) / timer.seconds();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const datasets::LoadOptions options{.root = argv[1]};
  const datasets::Task& task = datasets::find_task("qqp");
  const datasets::TokenCacheKey key{"generated", "spiece"};
  const auto open = [&] {
    return datasets::open_token_cache(argv[3], task, options, key, argv[2]);
  };
  const std::int64_t before = anonymous_kilobytes();
  {
    const Timer timer;
    const datasets::TokenizedTask built = open();
    std::printf(
        "{\"what\": \"build\", \"built\": %s, \"examples\": %.0f, \"seconds\": %.3f, "
        "\"anonymous_mb\": %.1f}\n",
        built.was_built ? "true" : "false", examples_of(built), timer.seconds(),
        static_cast<double>(anonymous_kilobytes() - before) / 1024);
  }
  const std::int64_t batch_size = std::atoll(argv[4]);
  const datasets::TokenizedTask found = open();
  for (const bool by_length : {false, true}) {
    const double speed = read_epoch(*found.train, batch_size, by_length);
    std::printf(
        "{\"what\": \"read\", \"by_length\": %s, \"examples_per_second\": %.0f, "
        "\"anonymous_mb\": %.1f}\n",
        by_length ? "true" : "false", speed,
        static_cast<double>(anonymous_kilobytes() - before) / 1024);
  }
}
