#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace attempt::cli {

/// One long option of a command. Without `value_name` it is a flag.
struct Option {
  std::string name;
  std::string value_name;
  std::string help;
  bool is_repeated = false;
  bool is_hidden = false;  ///< for the program's own use, left out of --help
};

struct Positional {
  std::string name;
  std::string help;
  bool is_required = true;
  bool is_repeated = false;
};

/// A command as its --help teaches it.
struct CommandSpec {
  std::string name;  ///< "run", "data check"
  std::string summary;
  std::string description;
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::vector<std::string> examples;
};

/// A parsed command line.
class Arguments {
 public:
  bool has(const std::string& option) const { return values_.contains(option); }
  /// Last value of an option, or `fallback`.
  std::string value(const std::string& option, const std::string& fallback = "") const;
  std::vector<std::string> values(const std::string& option) const;
  /// A value that must be an integer >= minimum. @throws UsageError
  std::int64_t integer(const std::string& option, std::int64_t fallback,
                       std::int64_t minimum) const;
  /// Values of a positional by name, in order.
  std::string positional(const std::string& name) const;
  std::vector<std::string> positionals(const std::string& name) const;

 private:
  friend Arguments parse_arguments(const CommandSpec& spec, const std::vector<std::string>& args);
  std::map<std::string, std::vector<std::string>> values_;
  std::map<std::string, std::vector<std::string>> positionals_;
};

/// @throws UsageError for unknown or incomplete options (with the closest known one) and for
/// missing or surplus positionals.
Arguments parse_arguments(const CommandSpec& spec, const std::vector<std::string>& args);

/// Usage line, description, options and examples.
std::string help_text(const CommandSpec& spec);

/// The word of `known` nearest to `word`, or "" when none is near.
std::string closest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace attempt::cli
