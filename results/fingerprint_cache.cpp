#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "results/digest.h"
#include "results/publish.h"

namespace attempt::results {

namespace {

using Json = nlohmann::json;

constexpr int kCacheVersion = 1;

/// A file younger than this may change again without its mtime changing on coarse file systems.
constexpr std::int64_t kSettledNanoseconds = 2'000'000'000;

struct FileKey {
  std::int64_t size = 0;
  std::int64_t mtime = 0;  ///< nanoseconds
  std::uint64_t inode = 0;

  bool operator==(const FileKey&) const = default;
};

struct FileEntry {
  FileKey key;
  std::string digest;
};

std::optional<FileKey> key_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileKey{info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
                 info.st_ino};
}

bool is_settled(const FileKey& key) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - key.mtime >
         kSettledNanoseconds;
}

struct Content {
  std::map<std::string, FileEntry> files;
  std::map<std::string, std::string> values;
};

/// Whatever of the cache file makes sense; nothing of a damaged one.
template <typename Source>
Content parse_content(Source&& source) {
  Content content;
  const Json json = Json::parse(std::forward<Source>(source), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json.value("version", Json()) != Json(kCacheVersion)) return content;
  const Json files = json.value("files", Json::object());
  if (files.is_object()) {
    for (const auto& [name, entry] : files.items()) {
      if (!entry.is_array() || entry.size() != 4 || !entry[0].is_number_integer() ||
          !entry[1].is_number_integer() || !entry[2].is_number_integer() || !entry[3].is_string()) {
        continue;
      }
      content.files[name] = {{entry[0], entry[1], entry[2]}, entry[3]};
    }
  }
  const Json values = json.value("values", Json::object());
  if (values.is_object()) {
    for (const auto& [name, value] : values.items()) {
      if (value.is_string()) content.values[name] = value;
    }
  }
  return content;
}

Content read_content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return in ? parse_content(in) : Content();
}

void add_content(Content& content, const Content& more) {
  for (const auto& [name, entry] : more.files) content.files[name] = entry;
  for (const auto& [name, value] : more.values) content.values[name] = value;
}

std::string to_text(const Content& content) {
  Json files = Json::object();
  for (const auto& [name, entry] : content.files) {
    files[name] = {entry.key.size, entry.key.mtime, entry.key.inode, entry.digest};
  }
  const Json json = {{"version", kCacheVersion}, {"files", files}, {"values", content.values}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

struct FingerprintCache::Impl {
  std::filesystem::path file;
  Content known;
  Content added;  ///< what this object learnt: laid over the file of a concurrent writer
};

FingerprintCache::FingerprintCache(std::filesystem::path file) : impl_(std::make_unique<Impl>()) {
  impl_->known = read_content(file);
  impl_->file = std::move(file);
}

FingerprintCache::~FingerprintCache() {
  try {
    save();
  } catch (const std::exception&) {
    // A cache that cannot be kept costs time, nothing else.
  }
}

void FingerprintCache::save() {
  if (impl_->added.files.empty() && impl_->added.values.empty()) return;
  Content merged = read_content(impl_->file);
  add_content(merged, impl_->added);
  std::filesystem::create_directories(impl_->file.parent_path());
  write_file_atomically(impl_->file, to_text(merged));
  impl_->known = std::move(merged);
  impl_->added = {};
}

std::string FingerprintCache::file_digest(const std::filesystem::path& path) {
  const std::string name = std::filesystem::absolute(path).lexically_normal().string();
  const std::optional<FileKey> before = key_of(path);
  if (before) {
    const auto found = impl_->known.files.find(name);
    if (found != impl_->known.files.end() && found->second.key == *before) {
      return found->second.digest;
    }
  }
  std::string digest = sha256_file(path);
  if (before && before == key_of(path) && is_settled(*before)) {
    impl_->known.files[name] = {*before, digest};
    impl_->added.files[name] = {*before, digest};
  }
  return digest;
}

std::string FingerprintCache::learnt() const { return to_text(impl_->added); }

void FingerprintCache::learn(const std::string& learnt) {
  const Content content = parse_content(learnt);
  add_content(impl_->known, content);
  add_content(impl_->added, content);
}

std::string FingerprintCache::lookup(const std::string& key) const {
  const auto found = impl_->known.values.find(key);
  return found == impl_->known.values.end() ? "" : found->second;
}

void FingerprintCache::store(const std::string& key, const std::string& value) {
  impl_->known.values[key] = value;
  impl_->added.values[key] = value;
}

}  // namespace attempt::results
