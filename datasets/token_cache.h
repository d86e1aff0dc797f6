#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "datasets/task_data.h"
#include "datasets/tokenizer.h"

namespace attempt::datasets {

/// One split of a task, tokenised and kept on disk; ids are read on demand. Ids are neither
/// truncated nor ended, so that one cache serves every max_source_length.
class TokenizedSplit {
 public:
  virtual ~TokenizedSplit() = default;
  virtual std::int64_t size() const = 0;
  virtual std::span<const std::int32_t> source_ids(std::int64_t index) const = 0;
  virtual std::span<const std::int32_t> target_ids(std::int64_t index) const = 0;
  /// Texts of one example (id, target, references, group, row; `source` is left empty).
  virtual Example example(std::int64_t index) const = 0;
};

struct TokenizedTask {
  std::shared_ptr<const TokenizedSplit> train;
  std::shared_ptr<const TokenizedSplit> validation;
  std::shared_ptr<const TokenizedSplit> test;
  std::vector<FileReport> reports;
  bool was_built = false;  ///< by this call; else found

  const TokenizedSplit& split(Split which) const;
};

struct TokenCacheKey {
  std::string data_fingerprint;       ///< content of the task's files
  std::string tokenizer_fingerprint;  ///< content of spiece.model
};

/// Tokenises loaded data in memory, without a cache.
TokenizedTask tokenize_task(const TaskData& data, const Tokenizer& tokenizer);

/// Opens the cache of a task, building it first when it is not there. Of several processes that do
/// so at once one builds while the others wait for its lock; where a file system knows no locks,
/// each builds and one file is published. A killed builder leaves nothing that is read, and a
/// damaged file is built again. What building needs in memory is given back before this returns.
/// @throws DataError as load_task does.
TokenizedTask open_token_cache(const std::filesystem::path& cache_folder, const Task& task,
                               const LoadOptions& options, const TokenCacheKey& key,
                               const std::filesystem::path& tokenizer_file);

}  // namespace attempt::datasets
