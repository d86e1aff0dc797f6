#include "tests/runner/train/tiny_world.h"

#include <sentencepiece_trainer.h>

#include <array>
#include <stdexcept>

#include "results/digest.h"
#include "results/trial_file.h"

namespace attempt::test {

namespace {

constexpr std::array kSubjects = {"The cat", "A dog", "Our ship", "The old man", "Every child"};
constexpr std::array kVerbs = {"sees", "follows", "likes", "fears"};
constexpr std::array kObjects = {"the river", "a red house", "the quiet town"};

std::string pick(const auto& words, int number) {
  return words[static_cast<std::size_t>(number) % words.size()];
}

/// Rows whose label says whether the second sentence repeats the first one's object.
std::string rte_rows(int count, int first) {
  std::string text = "index\tsentence1\tsentence2\tlabel\n";
  for (int i = 0; i < count; ++i) {
    const int n = first + i;
    const bool is_entailed = n % 2 == 0;
    const std::string premise =
        pick(kSubjects, n) + " " + pick(kVerbs, n / 2) + " " + pick(kObjects, n / 3) + ".";
    const std::string other = pick(kObjects, n / 3 + (is_entailed ? 0 : 1));
    text += std::to_string(i) + "\t" + premise + "\tSomebody " + pick(kVerbs, n / 2) + " " + other +
            ".\t" + (is_entailed ? "entailment" : "not_entailment") + "\n";
  }
  return text;
}

/// Sentences of the same words, acceptable where their order is.
std::string cola_rows(int count, int first) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const int n = first + i;
    const bool is_acceptable = n % 3 != 0;
    const std::string verb = pick(kVerbs, n / 2);
    text += "src\t" + std::string(is_acceptable ? "1" : "0") + "\t\t" +
            (is_acceptable ? pick(kSubjects, n) + " " + verb : verb + " " + pick(kSubjects, n)) +
            " " + pick(kObjects, n / 3) + ".\n";
  }
  return text;
}

void train_tokenizer(const std::filesystem::path& text, const std::filesystem::path& prefix) {
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      "--input=" + text.string() + " --model_prefix=" + prefix.string() +
      " --vocab_size=120 --hard_vocab_limit=false --pad_id=0 --eos_id=1 --unk_id=2 --bos_id=-1"
      " --minloglevel=2");
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

}  // namespace

TinyWorld::TinyWorld() {
  const std::string train = rte_rows(40, 0);
  const std::string dev = rte_rows(16, 1000);
  write_file(folder_ / "data/RTE/train.tsv", train);
  write_file(folder_ / "data/RTE/dev.tsv", dev);
  write_file(folder_ / "data/CoLA/train.tsv", cola_rows(24, 0));
  write_file(folder_ / "data/CoLA/dev.tsv", cola_rows(12, 1000));
  write_file(folder_ / "text.txt", train + dev + "rte sentence1: sentence2: 0 1\n");
  train_tokenizer(folder_ / "text.txt", folder_ / "spiece");
  study().create();
}

sweep::TrialSpec TinyWorld::spec(const std::string& method) const {
  sweep::TrialSpec spec;
  spec.trial_id = results::sha256(method).substr(0, 32);
  spec.phase = "target";
  spec.method = method;
  spec.label = method;
  spec.seed = 42;
  spec.threads = 1;
  spec.config_toml = "[sweep]\nname = \"tiny\"\n";
  spec.model.folder = (source_folder() / "tests/goldens/t5_v1_0").string();
  spec.model.fingerprint = "tiny";
  spec.data.root = (folder_ / "data").string();
  spec.data.cache = (folder_ / "cache").string();
  spec.data.tokenizer = (folder_ / "spiece.model").string();
  spec.data.tokenizer_fingerprint = results::sha256_file(spec.data.tokenizer);
  sweep::TaskSpec task;
  task.name = "rte";
  task.fingerprint = "tiny";
  spec.tasks = {task};
  spec.train.total_steps = method == "frozen" ? 0 : 12;
  spec.train.batch_size = 8;
  spec.train.evaluate_every_steps = 4;
  spec.train.optimizer.learning_rate = method == "fine_tuning" ? 3e-4 : 0.3;
  spec.train.optimizer.learning_rate_g = spec.train.optimizer.learning_rate;
  spec.train.optimizer.weight_decay = 1e-5;
  spec.train.optimizer.warmup_steps = 2;
  spec.method_options.method = method;
  spec.method_options.prompt_length = 6;
  spec.method_options.g_hidden = 5;
  return spec;
}

sweep::TrialSpec TinyWorld::attempt_spec(const std::string& first_source,
                                         const std::string& second_source) const {
  sweep::TrialSpec spec = this->spec("attempt");
  spec.sources = {{"mnli", first_source, "", ""}, {"qnli", second_source, "", ""}};
  spec.depends_on = {first_source, second_source};
  spec.method_options.mixed_sources = {"mnli", "qnli"};
  spec.method_options.start_source = "mnli";
  return spec;
}

sweep::TrialSpec TinyWorld::on_two_tasks(sweep::TrialSpec spec) const {
  spec.tasks.push_back(spec.tasks.front());
  spec.tasks.back().name = "cola";
  return spec;
}

std::string TinyWorld::comparable_bytes(const std::string& trial_id) const {
  results::TrialRecord record = results::read_trial_file(study().trial(trial_id));
  record.provenance.clear();
  record.cost = {};
  const TemporaryFolder out;
  results::write_trial_file(out / "trial.h5", record);
  return read_file(out / "trial.h5");
}

}  // namespace attempt::test
