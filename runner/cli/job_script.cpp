#include "runner/cli/job_script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "runner/cli/job_template.h"
#include "runner/cli/trainer_path.h"
#include "runner/cli/usage_error.h"

namespace attempt::cli {

namespace {

bool is_plain(const std::string& text, std::string_view allowed) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           allowed.find(c) != std::string_view::npos;
  });
}

/// sbatch reads its options itself, no shell does: double quotes keep blanks together.
std::string quoted_for_sbatch(const std::string& option) {
  if (is_plain(option, "-_=.,:/+@%")) return option;
  if (option.find_first_of("\"\\\n\r") != std::string::npos) {
    throw UsageError("'" + option +
                     "' cannot stand in a batch script (it holds a quote, a backslash or a line "
                     "break). Leave that out");
  }
  const std::size_t equals = option.find('=');
  if (!option.starts_with("--") || equals == std::string::npos) {
    return "\"" + option + "\"";
  }
  return option.substr(0, equals + 1) + "\"" + option.substr(equals + 1) + "\"";
}

/// A line an option; a word that is none ("gpu" of "-p gpu") belongs to the option before it.
std::string sbatch_lines(const std::vector<std::string>& words) {
  std::string lines;
  for (const std::string& word : words) {
    const bool is_value = !lines.empty() && !word.starts_with('-');
    if (is_value) lines.pop_back();
    lines += (is_value ? " " : "#SBATCH ") + quoted_for_sbatch(word) + "\n";
  }
  return lines;
}

std::vector<std::string> sbatch_options(const JobRequest& request, const SlurmSite& site) {
  std::vector<std::string> options = {"--job-name=" + request.name, "--time=" + request.time,
                                      fmt::format("--nodes={}", request.nodes),
                                      fmt::format("--ntasks-per-node={}", request.ranks_per_node)};
  const auto add = [&options](const std::string& name, const std::string& value) {
    if (!value.empty()) options.push_back("--" + name + "=" + value);
  };
  if (request.cpus_per_rank > 0) add("cpus-per-task", std::to_string(request.cpus_per_rank));
  if (site.gpu_option == "gres" && !request.gpus_per_node.empty()) {
    add("gres", "gpu:" + request.gpus_per_node);
  } else {
    add("gpus-per-node", request.gpus_per_node);
  }
  add("mem", request.memory);
  add("partition", site.partition);
  add("account", site.account);
  add("qos", site.qos);
  add("constraint", site.constraint);
  add("output", (request.study / "logs" / "slurm-%j.out").string());
  options.insert(options.end(), site.options.begin(), site.options.end());
  return options;
}

/// One launch for the whole allocation.
std::vector<std::string> launch_command(const JobRequest& request, const SlurmSite& site) {
  const std::int64_t ranks = request.nodes * request.ranks_per_node;
  std::vector<std::string> command;
  if (site.launcher == "srun") command = {"srun", "--mpi=pmix"};
  command.insert(command.end(), {own_executable().string(), "run", request.sweep.string(), "--out",
                                 request.study.string(), "--progress", "plain"});
  if (site.launcher == "mpirun" && ranks > 1) {
    command.insert(command.end(), {"--workers", std::to_string(ranks)});
  }
  if (request.is_joined) command.emplace_back("--join");
  for (const std::string& assignment : request.set) {
    command.insert(command.end(), {"--set", assignment});
  }
  return command;
}

/// For bash: a folder as it is, or the variable that names it, which must then be set.
std::string stage_word(const std::string& stage) {
  const bool is_variable = stage.starts_with('$') && is_plain(stage.substr(1), "_");
  if (is_variable) return "\"${" + stage.substr(1) + ":?}\"";
  return stage.empty() ? "" : shell_word(stage);
}

std::string replace_names(std::string_view text, const std::map<std::string, std::string>& names) {
  std::string filled;
  while (!text.empty()) {
    const std::size_t begin = text.find('@');
    filled += text.substr(0, begin);
    if (begin == std::string_view::npos) break;
    const std::size_t end = text.find('@', begin + 1);
    const auto name = end == std::string_view::npos
                          ? names.end()
                          : names.find(std::string(text.substr(begin + 1, end - begin - 1)));
    filled += name == names.end() ? "@" : name->second;
    text.remove_prefix(name == names.end() ? begin + 1 : end + 1);
  }
  return filled;
}

}  // namespace

std::string shell_word(const std::string& text) {
  if (is_plain(text, "-_=.,:/+@%")) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string job_script(const JobRequest& request, const SlurmSite& site) {
  std::string lines;
  lines += sbatch_lines(sbatch_options(request, site)) + sbatch_lines(request.options);
  lines.pop_back();  // the template has the last line break
  std::string setup;
  for (const std::string& line : site.setup) setup += line + "\n";
  std::vector<std::string> words;
  for (const std::string& word : launch_command(request, site)) words.push_back(shell_word(word));
  // srun returns a code of its own when a rank is lost; the study's files know better.
  const std::string exit_code =
      site.launcher == "srun" ? "\"$attempt\" status --exit-code \"$study\" >/dev/null\ncode=$?\n"
                              : "";
  return replace_names(kJobTemplate, {{"SBATCH", lines},
                                      {"GRACE", std::to_string(request.grace_seconds)},
                                      {"SETUP", setup},
                                      {"STAGE", stage_word(site.stage)},
                                      {"STUDY", shell_word(request.study.string())},
                                      {"ATTEMPT", shell_word(own_executable().string())},
                                      {"COMMAND", fmt::format("{}", fmt::join(words, " "))},
                                      {"MAX_SLICES", std::to_string(request.max_slices)},
                                      {"EXIT_CODE", exit_code}});
}

}  // namespace attempt::cli
