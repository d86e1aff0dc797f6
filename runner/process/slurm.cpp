#include "runner/process/slurm.h"

#include <chrono>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "runner/process/program.h"

namespace attempt::process {

namespace {

constexpr auto kLimit = std::chrono::seconds(20);  // a busy controller may take long to answer

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::istringstream rest(line);
  for (std::string field; std::getline(rest, field, separator);) fields.push_back(field);
  return fields;
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
  if (end.exit_code == 0 && !left.empty()) return slurm_seconds(left);
  const char* end_time = std::getenv("SLURM_JOB_END_TIME");  // seconds since 1970
  if (end_time == nullptr) return std::nullopt;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return std::strtod(end_time, nullptr) - static_cast<double>(now.count());
}

std::vector<SlurmJob> slurm_jobs(const std::vector<std::string>& ids) {
  std::vector<SlurmJob> jobs;
  for (const std::string& id : ids) {
    SlurmJob job;
    job.id = id;
    const ProgramEnd queued = run_program({"squeue", "-h", "-j", id, "-o", "%T|%r|%L"}, kLimit);
    if (queued.exit_code == 127) return {};  // no Slurm on this machine
    std::vector<std::string> fields = split(first_line(queued.output), '|');
    if (fields.size() == 3) {
      job.state = fields[0];
      job.reason = fields[1] == "None" ? "" : fields[1];
      job.left = fields[2];
    } else {
      const ProgramEnd past =
          run_program({"sacct", "-n", "-P", "-X", "-j", id, "-o", "State"}, kLimit);
      if (past.exit_code == 0) job.state = first_line(past.output);
    }
    jobs.push_back(job);
  }
  return jobs;
}

}  // namespace attempt::process
