#include "results/publish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include "results/digest.h"
#include "results/lease.h"
#include "results/store_error.h"
#include "results/trial_file.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, const std::string& problem, int code,
                       const std::string& advice) {
  throw StoreError(path.string(), problem + " (" + std::strerror(code) + "). " + advice);
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return value_; }

 private:
  int value_;
};

bool is_same_file(const fs::path& a, const fs::path& b) {
  struct stat one {};
  struct stat other {};
  return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &other) == 0 &&
         one.st_ino == other.st_ino && one.st_dev == other.st_dev;
}

/// link(2), told apart from "it is already there". On NFS a link that worked may be reported as
/// EEXIST after a lost reply: the inode decides.
PublishResult link_without_replacing(const fs::path& temporary, const fs::path& final_name) {
  if (::link(temporary.c_str(), final_name.c_str()) == 0) return PublishResult::kPublished;
  int code = errno;
  if (is_same_file(temporary, final_name)) return PublishResult::kPublished;
  if (code == EEXIST) return PublishResult::kAlreadyThere;
  if (code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK) {
    // A file system without hard links: the same guarantee from the kernel's own rename.
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, final_name.c_str(), RENAME_NOREPLACE) ==
        0) {
      return PublishResult::kPublished;
    }
    if (errno == EEXIST) return PublishResult::kAlreadyThere;
    code = errno;
  }
  fail(final_name, "cannot be published", code,
       "The study folder needs a file system with hard links, and free space: run `attempt doctor` "
       "on it.");
}

void remove_if_there(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    fail(path, "cannot be removed", errno, "Check the permissions of its folder.");
  }
}

}  // namespace

void sync_folder(const fs::path& folder) {
  const fs::path name = folder.empty() ? fs::path(".") : folder;
  const Descriptor descriptor(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.value() < 0) fail(name, "cannot be opened", errno, "Check its permissions.");
  // Some network file systems have no fsync for folders; there is nothing better to do there.
  if (::fsync(descriptor.value()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    fail(name, "cannot be written to disk", errno, "Check the disk.");
  }
}

void sync_file(const fs::path& path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.value() < 0) fail(path, "cannot be opened", errno, "Check its permissions.");
  if (::fsync(descriptor.value()) != 0) {
    fail(path, "cannot be written to disk", errno, "Check the disk and its free space.");
  }
}

Published publish_file(const fs::path& temporary, const fs::path& final_name) {
  Published published;
  const std::string digest = sha256_file(temporary);
  published.result = link_without_replacing(temporary, final_name);
  remove_if_there(temporary);
  sync_folder(final_name.parent_path());
  published.digest =
      published.result == PublishResult::kPublished ? digest : sha256_file(final_name);
  return published;
}

void write_digest_file(const fs::path& published_file, const std::string& digest) {
  fs::path name = published_file;
  name += ".sha256";
  write_file_atomically(name, digest + "  " + published_file.filename().string() + "\n");
}

Published publish_trial(const StudyFolder& folder, const TrialRecord& record,
                        const std::string& run_id, std::int64_t attempt) {
  const fs::path final_name = folder.trial(record.trial_id);
  const fs::path temporary =
      folder.tmp() / (record.trial_id + "." + run_id + "." + std::to_string(attempt));
  const auto is_ours = [&] {
    return is_lease_ours(folder, record.trial_id, {.run_id = run_id, .attempt = attempt});
  };
  if (!is_ours()) return {PublishResult::kFenced, ""};
  remove_if_there(temporary);
  try {
    write_trial_file(temporary, record);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (!is_ours()) {
    remove_if_there(temporary);
    return {PublishResult::kFenced, ""};
  }
  const Published published = publish_file(temporary, final_name);
  if (published.result == PublishResult::kAlreadyThere && !is_ours()) {
    return {PublishResult::kFenced, ""};  // stopped between the two: the newer attempt reports it
  }
  // Whoever was first may have died before its digest file: then it is ours to write.
  if (published.result == PublishResult::kPublished ||
      !fs::exists(folder.digest(record.trial_id))) {
    write_digest_file(final_name, published.digest);
  }
  return published;
}

namespace {

constexpr char kAdvice[] = "Check free space and permissions.";

/// A file beside `path`, which is gone at the end unless it was renamed.
class Temporary {
 public:
  explicit Temporary(const fs::path& path) : path_(path) {
    // Drawn once: where the processor is virtual, each random_device costs as much as the file.
    static const unsigned of_process = std::random_device()();
    static std::atomic<unsigned> count = 0;
    char suffix[48];
    std::snprintf(suffix, sizeof suffix, ".%d.%08x.tmp", static_cast<int>(::getpid()),
                  of_process + count++);
    name_ = path.parent_path() / ("." + path.filename().string() + suffix);
  }
  ~Temporary() { ::unlink(name_.c_str()); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const fs::path& name() const { return name_; }

  void write(const std::string& content, bool is_synced) const {
    const Descriptor descriptor(
        ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (descriptor.value() < 0) fail(path_, "cannot be created", errno, kAdvice);
    std::size_t done = 0;
    while (done < content.size()) {
      const ssize_t count =
          ::write(descriptor.value(), content.data() + done, content.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(path_, "cannot be written", errno, kAdvice);
      done += static_cast<std::size_t>(count);
    }
    if (is_synced && ::fsync(descriptor.value()) != 0) {
      fail(path_, "cannot be written", errno, kAdvice);
    }
  }

 private:
  const fs::path& path_;
  fs::path name_;
};

void replace(const fs::path& path, const std::string& content, bool is_synced) {
  const Temporary temporary(path);
  temporary.write(content, is_synced);
  if (::rename(temporary.name().c_str(), path.c_str()) != 0) {
    fail(path, "cannot be replaced", errno, kAdvice);
  }
  if (is_synced) sync_folder(path.parent_path());
}

}  // namespace

void write_file_atomically(const fs::path& path, const std::string& content) {
  replace(path, content, /*is_synced=*/true);
}

void replace_file(const fs::path& path, const std::string& content) {
  replace(path, content, /*is_synced=*/false);
}

bool create_file(const fs::path& path, const std::string& content) {
  const Temporary temporary(path);
  temporary.write(content, /*is_synced=*/false);
  return link_without_replacing(temporary.name(), path) == PublishResult::kPublished;
}

}  // namespace attempt::results
