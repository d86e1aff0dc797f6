#include "runner/process/slurm.h"

#include <chrono>
#include <cstdlib>
#include <limits>
#include <map>
#include <regex>
#include <sstream>

#include "runner/process/program.h"

namespace attempt::process {

namespace {

constexpr auto kLimit = std::chrono::seconds(20);  // a busy controller may take long to answer

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string join(const std::vector<std::string>& words, char separator) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : std::string(1, separator)) + word;
  return text;
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream rest(line);
  for (std::string field; std::getline(rest, field, separator);) fields.push_back(field);
  return fields;
}

/// Lines of fields, by the first one: a job's id.
std::map<std::string, std::vector<std::string>> by_job(const std::string& text) {
  std::map<std::string, std::vector<std::string>> jobs;
  for (const std::string& line : split(text, '\n')) {
    std::vector<std::string> fields = split(line, '|');
    if (!fields.empty()) jobs[fields[0]] = std::move(fields);
  }
  return jobs;
}

}  // namespace

std::optional<double> slurm_seconds(const std::string& text) {
  static const std::regex kWithDays(R"((\d{1,6})-(\d{1,6})(?::(\d\d?))?(?::(\d\d?))?)");
  static const std::regex kWithout(R"((?:(\d{1,6}):)?(\d{1,6}):(\d\d?))");
  static const std::regex kMinutes(R"(\d{1,8})");
  std::smatch parts;
  const auto number = [&](std::size_t i) {
    return parts[i].matched ? std::stod(parts[i].str()) : 0.0;
  };
  if (std::regex_match(text, parts, kWithDays)) {
    return ((number(1) * 24 + number(2)) * 60 + number(3)) * 60 + number(4);
  }
  if (std::regex_match(text, parts, kWithout)) {
    return (number(1) * 60 + number(2)) * 60 + number(3);
  }
  if (std::regex_match(text, kMinutes)) return std::stod(text) * 60;
  return std::nullopt;
}

std::optional<double> slurm_seconds_left() {
  const char* job = std::getenv("SLURM_JOB_ID");
  if (job == nullptr) return std::nullopt;
  const ProgramEnd end = run_program({"squeue", "-h", "-j", job, "-o", "%L"}, kLimit);
  const std::string left = first_line(end.output);
  if (end.exit_code == 0 && left == "UNLIMITED") return std::numeric_limits<double>::infinity();
  if (const auto seconds = slurm_seconds(left); end.exit_code == 0 && seconds) return seconds;
  const char* end_time = std::getenv("SLURM_JOB_END_TIME");  // seconds since 1970
  if (end_time == nullptr) return std::nullopt;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return std::strtod(end_time, nullptr) - static_cast<double>(now.count());
}

std::vector<SlurmJob> slurm_jobs(const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  // With several ids squeue passes over those that it does not know.
  const ProgramEnd end =
      run_program({"squeue", "-h", "-j", join(ids, ','), "-o", "%i|%T|%r|%L"}, kLimit);
  if (end.exit_code == 127) return {};  // no Slurm on this machine
  const auto queued = by_job(end.output);
  std::vector<SlurmJob> jobs;
  std::vector<std::string> left_queue;
  for (const std::string& id : ids) {
    SlurmJob job;
    job.id = id;
    if (const auto found = queued.find(id); found != queued.end() && found->second.size() == 4) {
      job.state = found->second[1];
      job.reason = found->second[2] == "None" ? "" : found->second[2];
      job.left = found->second[3];
    } else {
      left_queue.push_back(id);
    }
    jobs.push_back(job);
  }
  if (left_queue.empty()) return jobs;
  const auto past = by_job(
      run_program({"sacct", "-n", "-P", "-X", "-j", join(left_queue, ','), "-o", "JobID,State"},
                  kLimit)
          .output);
  for (SlurmJob& job : jobs) {
    if (const auto found = past.find(job.id);
        job.state.empty() && found != past.end() && found->second.size() == 2) {
      job.state = found->second[1];
    }
  }
  return jobs;
}

}  // namespace attempt::process
