#include "results/study_members.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "results/publish.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

constexpr auto kLook = std::chrono::milliseconds(200);
const std::string kPrefix = "member.";
const std::string kSuffix = ".json";

fs::path member_file(const StudyFolder& folder, const std::string& run_id) {
  return folder.root() / "run" / (kPrefix + run_id + kSuffix);
}

void write_member(const StudyFolder& folder, const RunHolder& member) {
  replace_file(member_file(folder, member.run_id), text_of(member));
}

std::vector<std::string> member_ids(const StudyFolder& folder) {
  std::vector<std::string> ids;
  std::error_code none_yet;
  for (const auto& entry : fs::directory_iterator(folder.root() / "run", none_yet)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    ids.push_back(name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size()));
  }
  return ids;
}

}  // namespace

std::vector<RunHolder> read_members(const StudyFolder& folder) {
  std::vector<RunHolder> members;
  for (const std::string& run_id : member_ids(folder)) {
    members.push_back(read_holder_file(member_file(folder, run_id)));
    members.back().run_id = run_id;  // also of a damaged file
  }
  return members;
}

std::optional<RunHolder> join_study(const StudyFolder& folder, const RunHolder& mine,
                                    std::chrono::milliseconds patience) {
  write_member(folder, mine);
  std::optional<RunHolder> holder = end_stale_holder(folder, mine, patience);
  if (holder) leave_members(folder, mine.run_id);
  return holder;
}

bool beat_member(const StudyFolder& folder, RunHolder& mine) {
  ++mine.beat;
  write_member(folder, mine);
  const std::optional<RunHolder> holder = read_holder(folder);
  return !holder || holder->run_id == mine.run_id;
}

void leave_members(const StudyFolder& folder, const std::string& run_id) {
  std::error_code error;
  fs::remove(member_file(folder, run_id), error);
}

fs::path stop_file_of(const StudyFolder& folder, const std::string& run_id) {
  return folder.root() / "run" / (run_id + ".stop");
}

std::optional<RunHolder> living_member(const StudyFolder& folder,
                                       std::chrono::milliseconds patience) {
  MemberWatch watch(folder, patience);
  while (true) {
    watch.look(MemberWatch::Clock::now());
    if (auto member = watch.seen_beating()) return member;
    if (watch.count() == 0) break;
    std::this_thread::sleep_for(kLook);
  }
  for (const std::string& run_id : member_ids(folder)) leave_members(folder, run_id);
  return std::nullopt;
}

void MemberWatch::look(Clock::time_point now) {
  alive_.clear();
  for (const RunHolder& member : read_members(folder_)) {
    const auto found = seen_.find(member.run_id);
    if (found == seen_.end()) {
      seen_[member.run_id] = {member, member.beat, now};
    } else if (found->second.member.beat != member.beat) {
      found->second.member = member;
      found->second.changed = now;
    }
    const bool is_quiet = now - seen_[member.run_id].changed >= patience_;
    if (!is_known_gone(member) && !is_quiet) alive_.insert(member.run_id);
  }
}

std::string MemberWatch::shared_device(const RunHolder& mine) const {
  for (const std::string& run_id : alive_) {
    if (run_id >= mine.run_id) break;  // ids begin with a time: the later one gives way
    const RunHolder& other = seen_.at(run_id).member;
    for (const std::string& device : mine.devices) {
      if (std::find(other.devices.begin(), other.devices.end(), device) != other.devices.end()) {
        return device + ", which " + describe(other) + " has";
      }
    }
  }
  return "";
}

std::optional<RunHolder> MemberWatch::seen_beating() const {
  for (const auto& [run_id, seen] : seen_) {
    if (seen.member.beat != seen.first_beat && alive_.contains(run_id)) return seen.member;
  }
  return std::nullopt;
}

}  // namespace attempt::results
