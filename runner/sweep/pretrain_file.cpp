#include <algorithm>
#include <cmath>

#include "datasets/task.h"
#include "runner/config/nearest_name.h"
#include "runner/config/toml_reader.h"
#include "runner/sweep/pretrain_spec.h"

namespace attempt::sweep {

namespace {

namespace fs = std::filesystem;
using config::Problems;
using config::Value;

constexpr double kLargest = 1e9;

/// Reads the keys of one [section] into a spec and collects what is wrong.
class Section {
 public:
  Section(const Value& table, std::string name, const fs::path& folder, Problems& problems)
      : table_(table), name_(std::move(name)), folder_(folder), problems_(problems) {}

  void integer(const char* key, std::int64_t& value, std::int64_t least, bool is_needed = true) {
    const Value* found = find(key, is_needed);
    if (found == nullptr) return;
    if (!found->is_integer() || found->integer() < least ||
        static_cast<double>(found->integer()) > kLargest) {
      refuse(*found, key, "an integer >= " + std::to_string(least));
      return;
    }
    value = found->integer();
  }

  void number(const char* key, double& value, bool may_be_zero, bool is_needed = true) {
    const Value* found = find(key, is_needed);
    if (found == nullptr) return;
    const bool is_good = found->is_number() && std::isfinite(found->number()) &&
                         found->number() <= kLargest &&
                         (may_be_zero ? found->number() >= 0 : found->number() > 0);
    if (!is_good) {
      refuse(*found, key, may_be_zero ? "a number >= 0" : "a number > 0");
      return;
    }
    value = found->number();
  }

  void path(const char* key, std::string& value, bool is_needed = true) {
    const Value* found = find(key, is_needed);
    if (found == nullptr) return;
    if (!found->is_text() || found->text().empty()) {
      refuse(*found, key, "a path");
      return;
    }
    const fs::path path = (folder_ / found->text()).lexically_normal();
    if (!fs::exists(path)) {
      problems_.add(found->at, name_ + "." + key,
                    path.string() + " is not there (key '" + key + "'). Check the path");
    }
    value = path.string();
  }

  void task_names(const char* key, std::vector<std::string>& names) {
    const Value* found = find(key, true);
    if (found == nullptr) return;
    if (!found->is_array()) {
      refuse(*found, key, "an array of task names");
      return;
    }
    for (const Value& item : found->array()) {
      try {
        names.push_back(datasets::find_task(item.is_text() ? item.text() : "").name);
      } catch (const std::invalid_argument& error) {
        problems_.add(item.at, name_ + "." + key, error.what());
      }
    }
  }

  /// To be called last: every other key is a mistake.
  void end() {
    if (!table_.is_table()) return;
    for (const config::Entry& entry : table_.table()) {
      if (std::find(known_.begin(), known_.end(), entry.key) == known_.end()) {
        problems_.add(entry.value.at, name_ + "." + entry.key,
                      "unknown key '" + entry.key + "' in [" + name_ + "]. " +
                          config::suggestion(entry.key, known_));
      }
    }
  }

 private:
  const Value* find(const char* key, bool is_needed) {
    known_.push_back(key);
    const Value* found = table_.find(key);
    if (found == nullptr && is_needed) {
      problems_.add(table_.at, name_ + "." + key,
                    "[" + name_ + "] lacks '" + key + "' (it has no default). Add it");
    }
    return found;
  }
  void refuse(const Value& found, const std::string& key, const std::string& expected) {
    problems_.add(found.at, name_ + "." + key,
                  "'" + key + "' is " + config::to_toml(found) + " (expected " + expected + ")");
  }

  const Value& table_;
  std::string name_;
  const fs::path& folder_;
  Problems& problems_;
  std::vector<std::string> known_;
};

}  // namespace

PretrainSpec read_pretrain_file(const fs::path& file) {
  const Value document = config::read_toml(file);
  const fs::path folder = fs::absolute(file).parent_path();
  Problems problems;
  PretrainSpec spec;
  const Value empty{Value::Table(), {file.string(), 1, 1}};
  const auto section = [&](const char* name) {
    const Value* found = document.find(name);
    return Section(found == nullptr ? empty : *found, name, folder, problems);
  };

  Section model = section("model");
  model.integer("d_model", spec.shape.d_model, 1);
  model.integer("d_kv", spec.shape.d_kv, 1);
  model.integer("num_heads", spec.shape.num_heads, 1);
  model.integer("d_ff", spec.shape.d_ff, 1);
  model.integer("num_layers", spec.shape.num_layers, 1);
  spec.shape.num_decoder_layers = spec.shape.num_layers;
  model.integer("num_decoder_layers", spec.shape.num_decoder_layers, 1, false);
  spec.shape.dropout_rate = 0;
  model.number("dropout", spec.shape.dropout_rate, true, false);
  model.end();
  Section tokenizer = section("tokenizer");
  tokenizer.path("file", spec.tokenizer, false);
  tokenizer.integer("pieces", spec.pieces, 32, spec.tokenizer.empty());
  tokenizer.end();
  Section text = section("text");
  text.path("file", spec.text);
  text.number("weight", spec.text_weight, false, false);
  text.end();
  if (const Value* pairs = document.find("pairs"); pairs != nullptr && pairs->is_array()) {
    for (const Value& table : pairs->array()) {
      Section one(table, "pairs", folder, problems);
      PairFile pair;
      one.path("file", pair.file);
      one.number("weight", pair.weight, false, false);
      one.end();
      spec.pairs.push_back(pair);
    }
  }
  if (document.find("tasks") != nullptr) {
    Section tasks = section("tasks");
    tasks.path("root", spec.data_root);
    tasks.task_names("names", spec.tasks);
    tasks.number("weight", spec.tasks_weight, false, false);
    tasks.end();
  }
  Section train = section("train");
  std::int64_t seed = 0;
  train.integer("seed", seed, 0);
  spec.seed = static_cast<std::uint64_t>(seed);
  train.integer("steps", spec.steps, 1);
  train.integer("batch_size", spec.batch_size, 1);
  train.number("learning_rate", spec.learning_rate, false);
  train.integer("warmup_steps", spec.warmup_steps, 0, false);
  train.integer("max_source_length", spec.max_source_length, 4);
  train.integer("max_target_length", spec.max_target_length, 2);
  spec.checkpoint_every_seconds = 300;
  train.number("checkpoint_every_seconds", spec.checkpoint_every_seconds, true, false);
  train.integer("threads", spec.threads, 0, false);
  train.end();

  const std::vector<std::string> known = {"model", "tokenizer", "text", "pairs", "tasks", "train"};
  for (const config::Entry& entry : document.table()) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      problems.add(entry.value.at, entry.key,
                   "unknown section '" + entry.key + "'. " + config::suggestion(entry.key, known));
    }
  }
  problems.raise();
  return spec;
}

}  // namespace attempt::sweep
