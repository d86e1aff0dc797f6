#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace attempt::config {

/// Where a value was written: a file with 1-based line and column, or a command-line option (then
/// line is 0).
struct Position {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const Position&) const = default;
};

/// One thing that is wrong with a sweep. `message` reads "<problem> (<why>). <what to do>".
struct Problem {
  Position at;
  std::string key;  ///< dotted key concerned; may be empty
  std::string message;

  /// "<file>:<line>:<column>: <message>", without the parts that are not known.
  std::string text() const;
};

/// A sweep that cannot be run as it is written. what() lists all problems, one a line; the other
/// members describe the first.
/// Example: "a.toml:4:1: unknown key 'train.epoch' (no setting has this name). Did you mean
/// 'epochs'?"
class ConfigError : public std::runtime_error {
 public:
  /// @param found  at least one
  explicit ConfigError(std::vector<Problem> found);

  const std::vector<Problem> problems;
  const std::string path;
  const int line;
  const int column;
  const std::string key;
};

/// Collects what is wrong, so that a user sees all of it at once. Equal problems count once.
class Problems {
 public:
  void add(const Position& at, const std::string& key, const std::string& message);
  bool empty() const { return found_.empty(); }
  /// @throws ConfigError when anything was added.
  void raise() const;

 private:
  std::vector<Problem> found_;
};

}  // namespace attempt::config
