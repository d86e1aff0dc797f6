#include "demo/world.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "demo/examples.h"
#include "demo/mixture.h"
#include "demo/text_file.h"

namespace attempt::demo {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kLexiconSeed = 1;  // the words that the backbone was trained on
constexpr std::size_t kSkillPairs = 24'000;
constexpr std::size_t kTextLines = 12'000;

struct Splits {
  std::vector<Example> train;
  std::vector<Example> dev;
};

/// Examples of one task, none of them twice. Validation comes out of `train` for tasks with more
/// than 10,000 official examples (1,000 of them) and out of `dev` for the others.
Splits make_splits(ExampleMaker make, const char* name, const Lexicon& lexicon, std::uint64_t seed,
                   int classes, std::size_t train, std::size_t dev) {
  Random random(seed, name);
  std::set<std::string> used;
  return {make_examples(make, lexicon, random, classes, train, used),
          make_examples(make, lexicon, random, classes, dev, used)};
}

using RowText = std::string (*)(const Example& example, std::size_t index);

void write_rows(const fs::path& folder, const Splits& splits, const std::string& header,
                RowText row_text) {
  for (const auto& [name, examples] :
       {std::pair{"train.tsv", &splits.train}, std::pair{"dev.tsv", &splits.dev}}) {
    std::string text = header;
    for (std::size_t i = 0; i < examples->size(); ++i) text += row_text((*examples)[i], i) + "\n";
    write_text(folder / name, text);
  }
}

void write_squad(const fs::path& path, const std::vector<Example>& examples, const char* split) {
  nlohmann::json paragraphs = nlohmann::json::array();
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    const nlohmann::json answer = {{"text", example.answer}, {"answer_start", example.begin}};
    paragraphs.push_back({{"context", example.text},
                          {"qas",
                           {{{"id", fmt::format("{}{:05}", split, i)},
                             {"question", example.other},
                             {"answers", {answer}}}}}});
  }
  write_text(path, nlohmann::json{{"version", "1.1"},
                                  {"data", {{{"title", "demo"}, {"paragraphs", paragraphs}}}}}
                       .dump());
}

void write_data(const fs::path& root, const Lexicon& lexicon, std::uint64_t seed) {
  write_text(root / "SYNTHETIC",
             "Made by `attempt demo`. Results on these files are marked as synthetic.\n");
  const fs::path glue = root / "glue";
  write_rows(glue / "SST-2", make_splits(sentiment, "sentiment", lexicon, seed, 2, 3000, 400),
             "sentence\tlabel\n",
             [](const Example& e, std::size_t) { return fmt::format("{} \t{}", e.text, e.label); });
  write_rows(
      glue / "CoLA", make_splits(acceptability, "acceptability", lexicon, seed, 2, 2000, 600), "",
      [](const Example& e, std::size_t) { return fmt::format("demo\t{}\t\t{}", e.label, e.text); });
  write_rows(glue / "MRPC", make_splits(paraphrase, "paraphrase", lexicon, seed, 2, 3000, 600),
             "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n", [](const Example& e, std::size_t i) {
               return fmt::format("{}\t{}\t{}\t{}\t{}", e.label, 2 * i, 2 * i + 1, e.text, e.other);
             });
  write_rows(glue / "RTE", make_splits(entailment, "entailment", lexicon, seed, 2, 2000, 600),
             "index\tsentence1\tsentence2\tlabel\n", [](const Example& e, std::size_t i) {
               return fmt::format("{}\t{}\t{}\t{}", i, e.text, e.other,
                                  e.label == 0 ? "entailment" : "not_entailment");
             });
  write_rows(
      glue / "STS-B", make_splits(similarity, "similarity", lexicon, seed, 6, 2000, 600),
      "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n",
      [](const Example& e, std::size_t i) {
        return fmt::format("{}\tdemo\tdemo\t2022\t{}\tnone\tnone\t{}\t{}\t{}.000", i, i, e.text,
                           e.other, e.label);
      });
  const Splits squad = make_splits(span_answering, "span", lexicon, seed, 1, 4000, 400);
  write_squad(root / "squad" / "train-v1.1.json", squad.train, "train");
  write_squad(root / "squad" / "dev-v1.1.json", squad.dev, "dev");
}

void write_pretraining(const fs::path& folder, const Lexicon& lexicon, std::uint64_t seed) {
  Random random(seed, "pretraining");
  std::string pairs;
  for (const TextPair& pair : skill_pairs(lexicon, random, kSkillPairs)) {
    pairs += nlohmann::json{{"source", pair.source}, {"target", pair.target}}.dump() + "\n";
  }
  write_text(folder / "pairs.jsonl", pairs);
  std::string text;
  for (const std::string& line : plain_text(lexicon, random, kTextLines)) text += line + "\n";
  write_text(folder / "text.txt", text);
}

}  // namespace

void write_world(const fs::path& folder, std::uint64_t seed) {
  const fs::path source = ATTEMPT_DEMO_FOLDER;
  const Lexicon lexicon = make_lexicon(kLexiconSeed);
  write_data(folder / "data", lexicon, seed);
  write_pretraining(folder / "pretrain", lexicon, seed);
  const auto copy = [](const fs::path& from, const fs::path& to) {
    fs::create_directories(to.parent_path());
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  };
  copy(source / "pretrain.toml", folder / "pretrain" / "pretrain.toml");
  copy(source / "demo.toml", folder / "demo.toml");
  for (const char* file : {"config.json", "model.safetensors", "spiece.model"}) {
    copy(source / "backbone" / file, folder / "backbone" / file);
  }
}

}  // namespace attempt::demo
