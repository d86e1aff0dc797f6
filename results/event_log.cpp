#include "results/event_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <tuple>

#include "results/event_line.h"
#include "results/publish.h"
#include "results/store_error.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

/// More than this is written before the next flush(), so that a crash loses little.
constexpr std::size_t kBufferBytes = std::size_t{64} << 10;

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(milliseconds));
  return text;
}

struct EventFile {
  std::vector<Event> events;
  std::int64_t damaged = 0;
  bool ends_whole = true;        ///< the last line ends in a line feed
  std::int64_t whole_bytes = 0;  ///< of the lines that do
};

EventFile read_event_file(const fs::path& path) {
  EventFile file;
  std::ifstream in(path, std::ios::binary);
  std::string line;
  while (std::getline(in, line)) {
    file.ends_whole = !in.eof();
    if (file.ends_whole) file.whole_bytes += static_cast<std::int64_t>(line.size()) + 1;
    if (line.empty()) continue;
    std::optional<Event> event = decode_event(line);
    if (event) {
      file.events.push_back(std::move(*event));
    } else if (file.ends_whole) {
      ++file.damaged;
    }
  }
  return file;
}

[[noreturn]] void fail(const fs::path& path, const char* problem) {
  throw StoreError(path.string(), std::string(problem) + " (" + std::strerror(errno) +
                                      "). Check free space and permissions.");
}

}  // namespace

EventLog::EventLog(const StudyFolder& folder, std::string run_id)
    : run_id_(std::move(run_id)), path_(folder.events_of(run_id_)) {
  const bool is_new = !fs::exists(path_);
  if (!is_new) {
    const EventFile before = read_event_file(path_);
    for (const Event& event : before.events) sequence_ = std::max(sequence_, event.sequence);
    written_bytes_ = before.whole_bytes;
  }
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(path_, "cannot be opened");
  cut_half_line();  // of a process that was killed while it wrote
  if (is_new) sync_folder(path_.parent_path());
}

EventLog::~EventLog() {
  try {
    flush();
  } catch (const StoreError&) {
    // Events are a history: what they say of results is read from the files that exist.
  }
  ::close(descriptor_);
}

void EventLog::append(const std::string& type, const std::string& trial_id, nlohmann::json data) {
  const Event event{.type = type,
                    .time = utc_now(),
                    .run_id = run_id_,
                    .sequence = sequence_ + 1,
                    .trial_id = trial_id,
                    .data = std::move(data)};
  buffer_ += encode_event(event) + "\n";
  ++sequence_;
  if (buffer_.size() > kBufferBytes) write_buffer();
}

void EventLog::write_buffer() {
  for (std::size_t written = 0; written < buffer_.size();) {
    const ssize_t count = ::write(descriptor_, buffer_.data() + written, buffer_.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int problem = errno;
      cut_half_line();
      errno = problem;
      fail(path_, "cannot be written");
    }
    written += static_cast<std::size_t>(count);
  }
  written_bytes_ += static_cast<std::int64_t>(buffer_.size());
  buffer_.clear();
}

/// A full disk takes a part of what is written. The file must not end in it: this may be the last
/// that is ever written to it.
void EventLog::cut_half_line() {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0 || status.st_size <= written_bytes_) return;
  [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, written_bytes_);
}

void EventLog::flush() {
  write_buffer();
  if (::fdatasync(descriptor_) != 0) fail(path_, "cannot be written to disk");
}

EventHistory read_events(const StudyFolder& folder) {
  struct Placed {
    std::string
        time;  ///< never earlier than that of the file's lines before, whatever its clock did
    Event event;
  };
  EventHistory history;
  std::vector<Placed> placed;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder.events(), error)) {
    if (entry.path().extension() != ".jsonl") continue;
    EventFile file = read_event_file(entry.path());
    history.damaged_lines += file.damaged;
    if (!file.ends_whole) ++history.unfinished_lines;
    std::string time;
    for (Event& event : file.events) {
      time = std::max(time, event.time);
      placed.push_back({time, std::move(event)});
    }
  }
  std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
    return std::tie(a.time, a.event.run_id, a.event.sequence) <
           std::tie(b.time, b.event.run_id, b.event.sequence);
  });
  for (Placed& one : placed) history.events.push_back(std::move(one.event));
  return history;
}

}  // namespace attempt::results
