#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runner/config/search_section.h"
#include "runner/sweep/search_space.h"

namespace attempt::search {

/// What an external sampler proposed: the values by key, and what it wants to be told again.
struct Proposal {
  nlohmann::json values;
  nlohmann::json memory;
};

/// A space as the sampler is told it.
nlohmann::json space_json(const std::vector<config::SearchDimension>& space);

/// @throws std::runtime_error where the values are not of the space: missing, unknown, outside.
sweep::Configuration configuration_of(const std::vector<config::SearchDimension>& space,
                                      const nlohmann::json& values);

/// The proposals of a study, kept in run/search.json as soon as they are made: without them a
/// search could not go on with the trials that run.
class ProposalFile {
 public:
  /// Reads what is there. @throws std::runtime_error when it is damaged.
  explicit ProposalFile(std::filesystem::path file);

  /// Of a search with this space and sampler; those of another space or sampler are forgotten.
  std::vector<Proposal>& of(const std::string& search, const nlohmann::json& space,
                            const std::string& sampler);
  /// Puts all of them on disk.
  void save() const;

 private:
  struct Entry {
    nlohmann::json space;
    std::string sampler;
    std::vector<Proposal> proposals;
  };
  std::filesystem::path file_;
  std::map<std::string, Entry> entries_;
};

}  // namespace attempt::search
