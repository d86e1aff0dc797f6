#pragma once

#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace attempt::search {

/// An external sampler did not do what it should; ready for people.
class SamplerError : public std::runtime_error {
 public:
  explicit SamplerError(const std::string& problem, const std::string& advice = "")
      : std::runtime_error(problem + advice), problem_(problem) {}
  const std::string& problem() const { return problem_; }  ///< without what to do

 private:
  std::string problem_;
};

/// A child process that answers each line of JSON on its standard input with one on its standard
/// output; docs/search.md has the messages. No shell is involved.
class SamplerProcess {
 public:
  /// Starts it.
  /// @param command  program and arguments
  /// @param log  where its standard error goes
  /// @param limit_seconds  for one answer
  SamplerProcess(std::vector<std::string> command, std::filesystem::path log, double limit_seconds);
  ~SamplerProcess();  ///< ends it
  SamplerProcess(const SamplerProcess&) = delete;
  SamplerProcess& operator=(const SamplerProcess&) = delete;

  /// One question, one answer of the type that is expected.
  /// @throws SamplerError when it has died, says nothing in time, or answers something else.
  nlohmann::json ask(const nlohmann::json& question, const std::string& expected);

  /// Makes an ask() of another thread give up.
  void cancel() { is_cancelled_ = true; }

 private:
  void send(const std::string& line);
  std::string receive();
  [[noreturn]] void fail(const std::string& what) const;

  std::string name_;
  std::filesystem::path log_;
  double limit_seconds_;
  int pid_ = -1;
  int socket_ = -1;
  std::string in_;
  std::atomic<bool> is_cancelled_ = false;
};

}  // namespace attempt::search
