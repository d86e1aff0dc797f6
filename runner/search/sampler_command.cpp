#include "runner/search/sampler_command.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "runner/search/optuna_sampler.h"
#include "runner/search/sampler_process.h"

namespace attempt::search {

std::vector<std::string> sampler_command(const config::Search& search) {
  if (search.is_native()) throw std::logic_error(search.sampler + " has no command");
  if (search.sampler == "command") return search.command;
  const std::string name = search.sampler.substr(search.sampler.find(':') + 1);
  return {search.python, "-c", kOptunaSampler, name};
}

std::string sampler_problem(const config::Search& search) {
  if (!search.sampler.starts_with("optuna:")) return "";
  try {
    SamplerProcess process(sampler_command(search), "/dev/null", search.sampler_seconds);
    process.ask({{"type", "start"}, {"seed", 0}, {"searches", nlohmann::json::object()}},
                "started");
  } catch (const SamplerError& error) {
    return error.problem();
  }
  return "";
}

}  // namespace attempt::search
