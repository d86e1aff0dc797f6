#include "runner/train/pretrain_data.h"

#include <fmt/format.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "datasets/data_error.h"
#include "datasets/task.h"
#include "datasets/task_data.h"
#include "results/publish.h"
#include "runner/train/derive_seed.h"

namespace attempt::train {

namespace fs = std::filesystem;

namespace {

constexpr double kNoiseDensity = 0.15;
constexpr double kMeanSpanLength = 3;
constexpr std::int32_t kSentinels = 100;

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream in(path);
  if (!in) throw datasets::DataError(path.string(), "cannot be read");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
  if (lines.empty()) throw datasets::DataError(path.string(), "is empty (pretraining needs rows)");
  return lines;
}

struct Pair {
  std::string source, target;
};

std::vector<Pair> read_pairs(const fs::path& path) {
  std::vector<Pair> pairs;
  for (const std::string& line : read_lines(path)) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    const bool is_pair = json.is_object() && json.contains("source") &&
                         json["source"].is_string() && json.contains("target") &&
                         json["target"].is_string();
    if (!is_pair) {
      throw datasets::DataError(
          fmt::format("{}:{}", path.string(), pairs.size() + 1),
          "is not a pair (expected {\"source\": \"...\", \"target\": \"...\"})");
    }
    pairs.push_back({json["source"], json["target"]});
  }
  return pairs;
}

std::vector<Pair> read_task(const sweep::PretrainSpec& spec, const std::string& name) {
  std::vector<Pair> pairs;
  for (const datasets::Example& example :
       datasets::load_task(datasets::find_task(name), {.root = spec.data_root}).train) {
    pairs.push_back({example.source, example.target});
  }
  return pairs;
}

/// Hands sentences to SentencePiece without a file.
class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& all) : all_(all) {}
  bool done() const override { return next_ == all_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return all_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& all_;
  std::size_t next_ = 0;
};

/// A number from 0 to 1 from the high bits.
double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

}  // namespace

void train_tokenizer(const sweep::PretrainSpec& spec, const fs::path& file) {
  std::vector<std::string> text = read_lines(spec.text);
  const auto add = [&](const std::vector<Pair>& pairs) {
    for (const Pair& pair : pairs) text.insert(text.end(), {pair.source, pair.target});
  };
  for (const sweep::PairFile& pairs : spec.pairs) add(read_pairs(pairs.file));
  for (const std::string& task : spec.tasks) add(read_task(spec, task));
  text.insert(text.end(), {"0", "1", "2", "3", "4", "5", "0.0 1.0 2.0 3.0 4.0 5.0"});
  // One thread, all sentences, and no path (the model would hold it): the same bytes on every run.
  Sentences sentences(text);
  std::string trained;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      fmt::format("--vocab_size={} --hard_vocab_limit=false --pad_id=0 --eos_id=1 --unk_id=2 "
                  "--bos_id=-1 --model_type=unigram --num_threads=1 --minloglevel=2 "
                  "--required_chars=0123456789.",  // labels, however rare in the text
                  spec.pieces),
      &sentences, &trained);
  if (!status.ok()) {
    throw std::runtime_error("the tokenizer could not be trained (" + status.ToString() +
                             "). Change [tokenizer] pieces");
  }
  results::write_file_atomically(file, trained);
}

PretrainData::PretrainData(const sweep::PretrainSpec& spec, const datasets::Tokenizer& tokenizer)
    : seed_(derive_seed(spec.seed, "data_order")),
      batch_size_(spec.batch_size),
      lengths_{.max_source_length = spec.max_source_length,
               .max_target_length = spec.max_target_length},
      first_sentinel_(tokenizer.piece_count() + kSentinels - 1) {
  const auto encoded = [&](const std::vector<Pair>& pairs) {
    std::vector<Row> rows;
    for (const Pair& pair : pairs) {
      rows.push_back({tokenizer.encode(pair.source), tokenizer.encode(pair.target)});
    }
    return rows;
  };
  Part text{.weight = spec.text_weight};
  for (const std::string& line : read_lines(spec.text)) {
    text.rows.push_back({tokenizer.encode(line), {}});
  }
  parts_.push_back(std::move(text));
  for (const sweep::PairFile& pairs : spec.pairs) {
    parts_.push_back({encoded(read_pairs(pairs.file)), pairs.weight});
  }
  for (const std::string& task : spec.tasks) {
    parts_.push_back({encoded(read_task(spec, task)),
                      spec.tasks_weight / static_cast<double>(spec.tasks.size())});
  }
  for (const Part& part : parts_) total_weight_ += part.weight;
}

std::int64_t PretrainData::rows() const {
  std::int64_t rows = 0;
  for (const Part& part : parts_) rows += static_cast<std::int64_t>(part.rows.size());
  return rows;
}

const PretrainData::Row& PretrainData::draw(double part, std::uint64_t number) const {
  double left = part * total_weight_;
  std::size_t i = 0;
  while (i + 1 < parts_.size() && left >= parts_[i].weight) left -= parts_[i++].weight;
  return parts_[i].rows[number % parts_[i].rows.size()];
}

datasets::TokenBatch PretrainData::batch(std::int64_t step) const {
  std::mt19937_64 engine(seed_ + static_cast<std::uint64_t>(step) * 0x9E3779B97F4A7C15ULL);
  std::vector<Corrupted> rows;
  datasets::TokenBatch batch;
  batch.rows = batch_size_;
  for (std::int64_t i = 0; i < batch_size_; ++i) {
    const double part = unit(engine());
    const Row& row = draw(part, engine());
    Corrupted pair = row.target.empty() ? corrupt_spans(row.source, first_sentinel_, engine())
                                        : Corrupted{row.source, row.target};
    pair.source = datasets::truncate_with_eos(pair.source, lengths_.max_source_length);
    pair.target = datasets::truncate_with_eos(pair.target, lengths_.max_target_length);
    batch.source_length =
        std::max(batch.source_length, static_cast<std::int64_t>(pair.source.size()));
    batch.target_length =
        std::max(batch.target_length, static_cast<std::int64_t>(pair.target.size()));
    rows.push_back(std::move(pair));
  }
  for (const Corrupted& row : rows) {
    const auto source_end = batch.input_ids.size() + static_cast<std::size_t>(batch.source_length);
    const auto target_end = batch.labels.size() + static_cast<std::size_t>(batch.target_length);
    batch.input_ids.insert(batch.input_ids.end(), row.source.begin(), row.source.end());
    batch.attention_mask.insert(batch.attention_mask.end(), row.source.size(), 1);
    batch.labels.insert(batch.labels.end(), row.target.begin(), row.target.end());
    batch.input_ids.resize(source_end, datasets::kPadId);
    batch.attention_mask.resize(source_end, 0);
    batch.labels.resize(target_end, -100);
  }
  batch.task_ids.assign(static_cast<std::size_t>(batch_size_), 0);
  return batch;
}

Corrupted corrupt_spans(const std::vector<std::int32_t>& tokens, std::int32_t first_sentinel,
                        std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  const auto n = static_cast<double>(tokens.size());
  const double noise = std::max(1.0, std::round(n * kNoiseDensity));
  const double spans = std::max(1.0, std::round(noise / kMeanSpanLength));
  // A span begins with this probability where none is open, and goes on with the other.
  const double begin = spans / std::max(1.0, n - noise);
  const double stay = 1 - spans / noise;
  Corrupted result;
  bool is_open = false;
  std::int32_t sentinel = first_sentinel;
  for (const std::int32_t token : tokens) {
    is_open = unit(engine()) < (is_open ? stay : begin) &&
              (is_open || sentinel > first_sentinel - kSentinels);
    if (!is_open) {
      result.source.push_back(token);
      continue;
    }
    const bool goes_on =
        !result.source.empty() && result.source.back() == sentinel + 1 && !result.target.empty();
    if (!goes_on) {
      result.source.push_back(sentinel);
      result.target.push_back(sentinel);
      --sentinel;
    }
    result.target.push_back(token);
  }
  if (result.target.empty() && !tokens.empty()) {  // nothing was drawn: the last token
    result.source.back() = first_sentinel;
    result.target = {first_sentinel, tokens.back()};
    --sentinel;
  }
  result.target.push_back(sentinel);  // ends the list, as in T5
  return result;
}

}  // namespace attempt::train
