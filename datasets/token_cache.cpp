#include "datasets/token_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "datasets/data_error.h"
#include "datasets/task_definition.h"
#include "datasets/token_arrays.h"
#include "datasets/token_cache_name.h"
#include "datasets/token_file.h"

namespace attempt::datasets {

namespace fs = std::filesystem;

namespace {

/// Raised when templates, clean-ups or splits change, so that old caches are not used.
constexpr int kTemplateVersion = 3;

nlohmann::json report_json(const FileReport& report) {
  return {report.file,    report.sha256,         report.rows,       report.used,
          report.bad,     report.unlabelled,     report.empty_text, report.special_literal,
          report.skipped, report.span_not_found, report.messages};
}

FileReport report_from_json(const nlohmann::json& json) {
  return {json.at(0),
          json.at(1),
          json.at(2),
          json.at(3),
          json.at(4),
          json.at(5),
          json.at(6),
          json.at(7),
          json.at(8),
          json.at(9),
          json.at(10).get<std::vector<std::string>>()};
}

TokenizedTask task_of(OpenedTokenFile opened) {
  TokenizedTask task{opened.train, opened.validation, opened.test, {}, false};
  for (const nlohmann::json& report : nlohmann::json::parse(opened.reports)) {
    task.reports.push_back(report_from_json(report));
  }
  return task;
}

TokenFileContent build(const Task& task, const LoadOptions& options,
                       const fs::path& tokenizer_file) {
  const Tokenizer tokenizer(tokenizer_file);
  TaskData data = load_task(task, options);
  const auto tokenized = [&](std::vector<Example>& examples) {
    TokenArrays arrays = tokenize_examples(examples, tokenizer);
    std::vector<Example>().swap(examples);  // both at once would be twice the memory
    return arrays;
  };
  TokenFileContent content;
  content.train = tokenized(data.train);
  content.validation = tokenized(data.validation);
  content.test = tokenized(data.test);
  nlohmann::json reports = nlohmann::json::array();
  for (const FileReport& report : data.reports) reports.push_back(report_json(report));
  content.reports = reports.dump();
  return content;
}

/// Gives the finished file its name. Another builder may have been first: theirs is as good, unless
/// it is damaged.
void publish(const fs::path& temporary, const fs::path& path) {
  const bool is_first = link(temporary.c_str(), path.c_str()) == 0;
  if (!is_first && errno == EEXIST && !open_token_file(path)) {
    if (rename(temporary.c_str(), path.c_str()) != 0)
      throw DataError(path.string(), "is damaged and cannot be replaced");
    return;
  }
  const int reason = errno;
  unlink(temporary.c_str());
  if (!is_first && reason != EEXIST) {
    throw DataError(path.string(), fmt::format("cannot be written ({})", std::strerror(reason)));
  }
}

/// Held by the process that builds a cache file, where the file system knows locks; waits for it.
/// The kernel gives it up for a process that dies. It saves work only: publish() decides.
class BuildLock {
 public:
  explicit BuildLock(const fs::path& path)
      : path_(path), descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    while (descriptor_ >= 0 && !is_held_) {
      is_held_ = flock(descriptor_, LOCK_EX) == 0;
      if (!is_held_ && errno != EINTR) break;
    }
  }
  ~BuildLock() {
    if (is_held_) unlink(path_.c_str());  // who waits holds the file and finds the cache built
    if (descriptor_ >= 0) close(descriptor_);
  }
  BuildLock(const BuildLock&) = delete;
  BuildLock& operator=(const BuildLock&) = delete;

  bool is_held() const { return is_held_; }

 private:
  fs::path path_;
  int descriptor_;
  bool is_held_ = false;
};

/// Begin of the names of this host's unfinished files: process numbers repeat between hosts.
std::string temporary_prefix(const fs::path& path) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return fmt::format(".{}.{}.", path.filename().string(), host);
}

/// Unfinished files of builders of this host that are gone: only one at a time holds the lock.
void remove_leftovers(const fs::path& folder, const std::string& prefix) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with(prefix)) fs::remove(entry.path(), error);
  }
}

}  // namespace

const TokenizedSplit& TokenizedTask::split(Split which) const {
  switch (which) {
    case Split::kTrain:
      return *train;
    case Split::kValidation:
      return *validation;
    case Split::kTest:
      return *test;
  }
  return *test;
}

TokenizedTask tokenize_task(const TaskData& data, const Tokenizer& tokenizer) {
  const auto tokenized = [&](const std::vector<Example>& examples) {
    const auto arrays = std::make_shared<const TokenArrays>(tokenize_examples(examples, tokenizer));
    return make_split(views_of(*arrays), arrays);
  };
  return {tokenized(data.train), tokenized(data.validation), tokenized(data.test), data.reports,
          /*was_built=*/true};
}

std::string token_cache_name(const Task& task, const LoadOptions& options,
                             const TokenCacheKey& key) {
  nlohmann::json rules = options.rules;
  const std::int64_t cap = caps_at_load(task) ? options.max_train_examples.value_or(-1) : -1;
  std::string text = fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", kTemplateVersion, task.name,
                                 key.data_fingerprint, key.tokenizer_fingerprint, rules.dump(),
                                 options.add_prefix, options.max_bad_rows, cap);
  // What a definition says of texts and splits is in no file.
  if (task.definition) text += "|" + nlohmann::json(*task.definition).dump();
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (std::size_t i = 0; i < 12; ++i) hex += fmt::format("{:02x}", digest[i]);
  return fmt::format("{}-{}.h5", task.name, hex);
}

TokenizedTask open_token_cache(const fs::path& cache_folder, const Task& task,
                               const LoadOptions& options, const TokenCacheKey& key,
                               const fs::path& tokenizer_file) {
  const fs::path path = cache_folder / token_cache_name(task, options, key);
  if (auto opened = open_token_file(path)) return task_of(std::move(*opened));

  std::error_code error;
  fs::create_directories(cache_folder, error);
  const BuildLock lock(cache_folder / fmt::format(".{}.lock", path.filename().string()));
  if (auto opened = open_token_file(path)) return task_of(std::move(*opened));  // built meanwhile
  const std::string prefix = temporary_prefix(path);
  if (lock.is_held()) remove_leftovers(cache_folder, prefix);
  const fs::path temporary = cache_folder / fmt::format("{}{}.tmp", prefix, getpid());
  fs::remove(temporary, error);  // left by a killed process of the same number
  write_token_file(temporary, build(task, options, tokenizer_file));
  malloc_trim(0);  // texts of a large task are hundreds of megabytes
  publish(temporary, path);
  auto opened = open_token_file(path);
  if (!opened)
    throw DataError(path.string(), "cannot be read back after it was written (a failing disk?)");
  TokenizedTask built = task_of(std::move(*opened));
  built.was_built = true;
  return built;
}

}  // namespace attempt::datasets
