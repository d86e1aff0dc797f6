#include "runner/search/proposals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "results/publish.h"
#include "results/sealed_text.h"

namespace attempt::search {

namespace {

using config::SearchDimension;
using config::Value;
using nlohmann::json;

constexpr double kRoundingError = 1e-9;  // of a value beside its step, in steps

json json_of(const Value& value) {
  if (value.is_boolean()) return value.boolean();
  if (value.is_integer()) return value.integer();
  if (value.is_number()) return value.number();
  if (value.is_text()) return value.text();
  json result = value.is_array() ? json::array() : json::object();
  if (value.is_array()) {
    for (const Value& item : value.array()) result.push_back(json_of(item));
  } else {
    for (const auto& [key, member] : value.table()) result[key] = json_of(member);
  }
  return result;
}

bool is_on_step(const SearchDimension& dimension, double number) {
  if (dimension.step == 0) return true;
  const double steps = (number - dimension.low) / dimension.step;
  return std::abs(steps - std::round(steps)) <= kRoundingError * std::max(1.0, steps);
}

Value value_of(const SearchDimension& dimension, const json& given) {
  const std::string what = fmt::format("{} = {}", dimension.name, given.dump());
  if (!dimension.choices.empty()) {
    for (const Value& choice : dimension.choices) {
      if (json_of(choice) == given) return choice;
    }
    throw std::runtime_error(what + " (not one of the choices)");
  }
  if (!given.is_number()) throw std::runtime_error(what + " (not a number)");
  const double number = given;
  if (!(number >= dimension.low && number <= dimension.high)) {
    throw std::runtime_error(
        fmt::format("{} (outside {} to {})", what, dimension.low, dimension.high));
  }
  if (dimension.is_integer && number != std::floor(number)) {
    throw std::runtime_error(what + " (not an integer)");
  }
  if (!is_on_step(dimension, number)) {
    throw std::runtime_error(fmt::format("{} (not a step of {})", what, dimension.step));
  }
  Value value = dimension.is_integer ? config::make_value(static_cast<std::int64_t>(number))
                                     : config::make_value(number);
  value.at = dimension.at;
  return value;
}

bool holds(const SearchDimension& dimension, const sweep::Configuration& configuration) {
  return std::all_of(dimension.when.begin(), dimension.when.end(), [&](const auto& condition) {
    const auto& drawn = configuration[condition.dimension];
    return drawn && std::any_of(condition.values.begin(), condition.values.end(),
                                [&](const Value& value) { return same_value(value, *drawn); });
  });
}

}  // namespace

json space_json(const std::vector<SearchDimension>& space) {
  json keys = json::array();
  for (const SearchDimension& dimension : space) {
    json key = {{"name", dimension.name}, {"when", json::object()}};
    for (const auto& condition : dimension.when) {
      json values = json::array();
      for (const Value& value : condition.values) values.push_back(json_of(value));
      key["when"][space[condition.dimension].name] = std::move(values);
    }
    if (!dimension.choices.empty()) {
      key["type"] = "categorical";
      key["choices"] = json::array();
      for (const Value& choice : dimension.choices) key["choices"].push_back(json_of(choice));
    } else if (dimension.is_integer) {
      key["type"] = "int";
      key["low"] = static_cast<std::int64_t>(dimension.low);
      key["high"] = static_cast<std::int64_t>(dimension.high);
      key["step"] = static_cast<std::int64_t>(dimension.step);
      key["log"] = dimension.is_log;
    } else {
      key["type"] = "float";
      key["low"] = dimension.low;
      key["high"] = dimension.high;
      key["step"] = dimension.step;
      key["log"] = dimension.is_log;
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

sweep::Configuration configuration_of(const std::vector<SearchDimension>& space,
                                      const json& values) {
  if (!values.is_object()) throw std::runtime_error("no table of values");
  sweep::Configuration configuration;
  std::size_t used = 0;
  for (const SearchDimension& dimension : space) {
    if (!holds(dimension, configuration)) {
      configuration.emplace_back(std::nullopt);
      continue;
    }
    const auto given = values.find(dimension.name);
    if (given == values.end()) throw std::runtime_error("no value of " + dimension.name);
    configuration.emplace_back(value_of(dimension, *given));
    ++used;
  }
  for (const auto& [name, value] : values.items()) {
    if (used == values.size()) break;
    const auto dimension = std::find_if(space.begin(), space.end(),
                                        [&](const auto& each) { return each.name == name; });
    if (dimension == space.end() ||
        !configuration[static_cast<std::size_t>(dimension - space.begin())]) {
      throw std::runtime_error(name + " (not a key of the space here)");
    }
  }
  return configuration;
}

ProposalFile::ProposalFile(std::filesystem::path file) : file_(std::move(file)) {
  std::ifstream in(file_);
  if (!in) return;
  std::ostringstream text;
  text << in.rdbuf();
  if (results::check_json_seal(text.str(), 1) != results::TextSeal::kSound) {
    throw std::runtime_error(
        file_.string() +
        ": is damaged (it holds what the sampler proposed). Remove it: the search begins anew and "
        "takes over the trials that it proposes again");
  }
  const json kept = json::parse(text.str());
  for (const auto& [name, entry] : kept.at("searches").items()) {
    Entry& read = entries_[name];
    read.space = entry.at("space");
    read.sampler = entry.at("sampler");
    for (const json& proposal : entry.at("proposals")) {
      read.proposals.push_back({proposal.at("values"), proposal.at("memory")});
    }
  }
}

std::vector<Proposal>& ProposalFile::of(const std::string& search, const json& space,
                                        const std::string& sampler) {
  Entry& entry = entries_[search];
  if (entry.space != space || entry.sampler != sampler) entry = {space, sampler, {}};
  return entry.proposals;
}

void ProposalFile::save() const {
  json searches = json::object();
  for (const auto& [name, entry] : entries_) {
    json proposals = json::array();
    for (const Proposal& proposal : entry.proposals) {
      proposals.push_back({{"values", proposal.values}, {"memory", proposal.memory}});
    }
    searches[name] = {
        {"space", entry.space}, {"sampler", entry.sampler}, {"proposals", std::move(proposals)}};
  }
  results::write_file_atomically(file_, results::seal_json({{"searches", std::move(searches)}}, 1));
}

}  // namespace attempt::search
