#include "demo/full/full_world.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "demo/full/mixture.h"
#include "demo/full/official_files.h"
#include "demo/text_file.h"

namespace attempt::demo {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSkillPairs = 90'000;
constexpr std::size_t kTextLines = 14'000;

void write_pretraining(const fs::path& folder, const full::Language& language, std::uint64_t seed) {
  Random random(seed, "pretraining");
  std::string pairs;
  for (const TextPair& pair : full::skill_pairs(language, random, kSkillPairs)) {
    pairs += nlohmann::json{{"source", pair.source}, {"target", pair.target}}.dump() + "\n";
  }
  write_text(folder / "pairs.jsonl", pairs);
  std::string text;
  for (const std::string& line : full::plain_text(language, random, kTextLines)) {
    text += line + "\n";
  }
  write_text(folder / "text.txt", text);
}

/// The seed that demo/full/backbone was made for; none where there is no backbone.
std::string seed_of_backbone(const fs::path& folder) {
  std::ifstream in(folder / "world_seed");
  std::string seed;
  in >> seed;
  return seed;
}

}  // namespace

bool write_full_world(const fs::path& folder, const FullWorld& world) {
  const full::Language language = full::make_language(world.seed);
  write_text(folder / "data" / "SYNTHETIC",
             "Made by `attempt demo --world full`. Results on these files are marked as "
             "synthetic.\n");
  for (const full::TaskCard& card : full::task_cards()) {
    full::Splits splits = full::make_splits(card, language, world.seed, world.rows);
    if (world.shuffles_labels) full::shuffle_labels(card, world.seed, splits.train);
    full::write_task(folder / "data", card, splits);
  }
  write_text(folder / "seed", std::to_string(world.seed) + "\n");
  write_text(folder / "rows", std::to_string(world.rows) + "\n");
  write_text(folder / "relatedness.csv", full::relatedness_csv());
  write_pretraining(folder / "pretrain", language, world.seed);
  const fs::path source = fs::path(ATTEMPT_DEMO_FOLDER) / "full";
  const auto copy = [](const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  };
  for (const char* file : {"pretrain.toml", "random.toml"}) {
    copy(source / file, folder / "pretrain" / file);
  }
  if (seed_of_backbone(source / "backbone") != std::to_string(world.seed)) return false;
  for (const char* file : {"config.json", "model.safetensors", "spiece.model"}) {
    copy(source / "backbone" / file, folder / "backbone" / file);
  }
  return true;
}

}  // namespace attempt::demo
