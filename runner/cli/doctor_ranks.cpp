#include "runner/cli/doctor_ranks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "results/publish.h"
#include "results/study_folder.h"

namespace attempt::cli {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kLimit = std::chrono::seconds(60);
constexpr auto kPoll = std::chrono::milliseconds(1);

std::string host_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

nlohmann::json receive(mpi::Communicator& world) {
  const auto end = Clock::now() + kLimit;
  while (Clock::now() < end) {
    if (const auto received = world.receive()) {
      nlohmann::json json = nlohmann::json::parse(received->bytes);
      json["rank"] = received->source;
      return json;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return nullptr;
}

nlohmann::json findings_json(const std::vector<Finding>& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    list.push_back({finding.is_good, finding.what, finding.outcome});
  }
  return list;
}

/// What comes of one name for all: "won", "lost", or why there is no answer.
std::string try_claim(const fs::path& scratch) {
  try {
    return results::create_file(scratch / "claim", host_name()) ? "won" : "lost";
  } catch (const std::exception& error) {
    return error.what();
  }
}

Finding judge_claims(const std::map<int, nlohmann::json>& ranks) {
  int winners = 0;
  for (const auto& [rank, said] : ranks) {
    const std::string claim = said.at("claim");
    winners += claim == "won" ? 1 : 0;
    if (claim != "won" && claim != "lost") {
      return {false, "one folder for all ranks",
              fmt::format("rank {} on {}: {}", rank, said.at("host").get<std::string>(), claim)};
    }
  }
  if (winners == 1) return {true, "link(2) of all ranks at once", "one of them gets the name"};
  return {false, "link(2) of all ranks at once",
          fmt::format("{} of {} ranks got one name: each has a folder of its own, or the file "
                      "system does not keep link(2) apart. Choose one that all nodes share",
                      winners, ranks.size())};
}

std::vector<Finding> judge(const std::map<int, nlohmann::json>& ranks, int size) {
  std::vector<Finding> findings;
  std::map<std::string, int> owners;  // host and device -> rank
  for (const auto& [rank, said] : ranks) {
    const std::string host = said.at("host");
    const auto devices = said.at("devices").get<std::vector<std::string>>();
    findings.push_back({true, fmt::format("rank {}", rank),
                        fmt::format("on {}, {} devices", host, devices.size())});
    for (const nlohmann::json& finding : said.at("findings")) {
      if (finding.at(0).get<bool>()) continue;
      findings.push_back(
          {false, fmt::format("rank {} on {}: {}", rank, host, finding.at(1).get<std::string>()),
           finding.at(2)});
    }
    for (const std::string& device : devices) {
      const auto [owner, is_new] = owners.emplace(host + " " + device, rank);
      if (is_new) continue;
      findings.push_back({false, "device " + device,
                          fmt::format("ranks {} and {} on {} share it. Start one rank a GPU, or "
                                      "let the launcher bind them",
                                      owner->second, rank, host)});
    }
  }
  findings.push_back(
      static_cast<int>(ranks.size()) == size
          ? Finding{true, "messages", fmt::format("{} ranks answer", size)}
          : Finding{false, "messages", fmt::format("{} of {} ranks answer", ranks.size(), size)});
  findings.push_back(judge_claims(ranks));
  return findings;
}

}  // namespace

std::vector<Finding> find_together(mpi::Communicator& world, std::vector<Finding> own,
                                   const std::vector<std::string>& devices,
                                   const fs::path& folder) {
  fs::path scratch = existing_folder(folder) / (".attempt-doctor-" + results::make_run_id());
  std::error_code error;
  if (world.rank() == 0) {
    fs::create_directories(scratch, error);
    for (int rank = 0; rank < world.size(); ++rank) {
      world.send(rank, nlohmann::json{{"scratch", scratch.string()}}.dump());
    }
  }
  const nlohmann::json task = receive(world);
  if (task.is_null()) return {{false, "messages", "rank 0 says nothing"}};
  scratch = task.at("scratch").get<std::string>();
  world.send(0, nlohmann::json{{"host", host_name()},
                               {"devices", devices},
                               {"findings", findings_json(own)},
                               {"claim", try_claim(scratch)}}
                    .dump());
  if (world.rank() != 0) {
    const auto end = Clock::now() + kLimit;
    while (world.has_unsent() && Clock::now() < end) {
      world.receive();  // nothing comes any more, but messages only move inside calls
      std::this_thread::sleep_for(kPoll);
    }
    return {};
  }
  std::map<int, nlohmann::json> ranks;
  while (static_cast<int>(ranks.size()) < world.size()) {
    const nlohmann::json said = receive(world);
    if (said.is_null()) break;
    ranks[said.at("rank").get<int>()] = said;
  }
  fs::remove_all(scratch, error);
  std::vector<Finding> findings = std::move(own);
  for (Finding& finding : judge(ranks, world.size())) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace attempt::cli
