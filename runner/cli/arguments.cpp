#include "runner/cli/arguments.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>

#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace po = boost::program_options;

namespace {

std::string usage_line(const CommandSpec& spec) {
  std::string line = "attempt " + spec.name;
  for (const Positional& positional : spec.positionals) {
    std::string word = positional.name + (positional.is_repeated ? "..." : "");
    line += positional.is_required ? " " + word : " [" + word + "]";
  }
  return line + (spec.options.empty() ? "" : " [OPTIONS]");
}

po::options_description describe(const CommandSpec& spec) {
  po::options_description described;
  for (const Option& option : spec.options) {
    if (option.value_name.empty()) {
      described.add_options()(option.name.c_str(), option.help.c_str());
    } else {
      described.add_options()(option.name.c_str(),
                              po::value<std::vector<std::string>>()->value_name(option.value_name),
                              option.help.c_str());
    }
  }
  return described;
}

[[noreturn]] void refuse(const CommandSpec& spec, const std::string& problem) {
  throw UsageError(problem + ". Usage: " + usage_line(spec) + "; `attempt " + spec.name +
                   " --help` explains it");
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string Arguments::value(const std::string& option, const std::string& fallback) const {
  const auto found = values_.find(option);
  return found == values_.end() || found->second.empty() ? fallback : found->second.back();
}

std::vector<std::string> Arguments::values(const std::string& option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::int64_t Arguments::integer(const std::string& option, std::int64_t fallback,
                                std::int64_t minimum) const {
  if (!has(option)) return fallback;
  const std::string text = value(option);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < minimum) {
    throw UsageError("--" + option + " is '" + text + "' (must be a whole number of at least " +
                     std::to_string(minimum) + ")");
  }
  return number;
}

std::string Arguments::positional(const std::string& name) const {
  const auto found = positionals_.find(name);
  return found == positionals_.end() || found->second.empty() ? "" : found->second.front();
}

std::vector<std::string> Arguments::positionals(const std::string& name) const {
  const auto found = positionals_.find(name);
  return found == positionals_.end() ? std::vector<std::string>{} : found->second;
}

std::string closest_word(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

Arguments parse_arguments(const CommandSpec& spec, const std::vector<std::string>& args) {
  po::options_description described = describe(spec);
  std::vector<std::string> words;
  described.add_options()("positional", po::value(&words));
  po::positional_options_description all_positionals;
  all_positionals.add("positional", -1);

  po::variables_map parsed;
  try {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(args)
                  .options(described)
                  .positional(all_positionals)
                  .style(style)
                  .run(),
              parsed);
    po::notify(parsed);
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const Option& option : spec.options) known.push_back("--" + option.name);
    const std::string near = closest_word(error.get_option_name(), known);
    refuse(spec, "unknown option '" + error.get_option_name() + "'" +
                     (near.empty() ? "" : " (did you mean '" + near + "'?)"));
  } catch (const po::error& error) {
    refuse(spec, error.what());
  }

  Arguments arguments;
  for (const Option& option : spec.options) {
    if (parsed.count(option.name) == 0) continue;
    auto& values = arguments.values_[option.name];
    if (!option.value_name.empty()) values = parsed[option.name].as<std::vector<std::string>>();
    if (!option.is_repeated && values.size() > 1) {
      refuse(spec, "option '--" + option.name + "' is given more than once");
    }
  }
  std::size_t next = 0;
  for (const Positional& positional : spec.positionals) {
    auto& values = arguments.positionals_[positional.name];
    while (next < words.size() && (positional.is_repeated || values.empty())) {
      values.push_back(words[next++]);
    }
    if (values.empty() && positional.is_required) {
      refuse(spec, positional.name + " is missing (" + positional.help + ")");
    }
  }
  if (next < words.size()) refuse(spec, "'" + words[next] + "' is one argument too many");
  return arguments;
}

std::string help_text(const CommandSpec& spec) {
  std::string text = "Usage: " + usage_line(spec) + "\n\n" + spec.description + "\n";
  const auto add_row = [&text](const std::string& left, const std::string& right) {
    constexpr std::size_t kColumn = 28;
    std::string line = "  " + left;
    line += line.size() + 2 > kColumn ? "\n" + std::string(kColumn, ' ')
                                      : std::string(kColumn - line.size(), ' ');
    for (const char c : right) {
      line += c;
      if (c == '\n') line += std::string(kColumn, ' ');
    }
    text += line + "\n";
  };
  if (!spec.positionals.empty()) text += "\nArguments:\n";
  for (const Positional& positional : spec.positionals) add_row(positional.name, positional.help);
  text += "\nOptions:\n";
  for (const Option& option : spec.options) {
    if (option.is_hidden) continue;
    add_row("--" + option.name + (option.value_name.empty() ? "" : " " + option.value_name),
            option.help);
  }
  add_row("--help", "this text");
  if (!spec.examples.empty()) text += "\nExamples:\n";
  for (const std::string& example : spec.examples) text += "  " + example + "\n";
  return text;
}

}  // namespace attempt::cli
