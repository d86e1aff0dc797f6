// made_study DIR METHODS TASKS SEEDS [CONFIGURATIONS]: writes a study folder as a finished run
// leaves it, with made-up numbers: a source trial, METHODS x TASKS x SEEDS target trials, one of
// them failed and one waiting. The last method's label, the last task's name and the failure's
// message carry markup, which a report must show as it is. With CONFIGURATIONS there is a search
// as well: the learning rate, and with it the score, rises from one to the next; the last but one
// failed, the last waits.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "results/event_log.h"
#include "results/publish.h"
#include "results/sealed_text.h"

namespace {

using namespace attempt::results;
using Json = nlohmann::json;

constexpr int kEvaluations = 10;
constexpr int kSteps = 200;
constexpr int kExamples = 300;
constexpr std::int64_t kRows = 20;
constexpr std::int64_t kWidth = 64;

std::string id_of(const std::string& text) {
  char id[33];
  std::snprintf(id, sizeof id, "%016zx%016zx", std::hash<std::string>()(text),
                std::hash<std::string>()(text + "."));
  return id;
}

/// Adds a trial to the plan, as a kind of its own.
void add_planned(Json& plan, const TrialRecord& record, const std::string& label) {
  plan["trials"].push_back({{"trial_id", record.trial_id},
                            {"kind", plan["kinds"].size()},
                            {"seed", record.seed},
                            {"depends_on", record.depends_on}});
  plan["kinds"].push_back({{"phase", record.phase},
                           {"method", record.method},
                           {"variant", record.variant},
                           {"label", label},
                           {"tasks", record.tasks},
                           {"metrics", std::vector<std::string>(record.tasks.size(), "accuracy")},
                           {"total_steps", kSteps},
                           {"estimated_seconds", 1},
                           {"synthetic", true},
                           {"few_shot_k", 0},
                           {"settings", 0}});
}

/// @param skill  chance that a test example is answered rightly.
void fill(TrialRecord& record, double skill) {
  std::mt19937_64 random(std::hash<std::string>()(record.trial_id));
  record.status = "succeeded";
  record.synthetic = true;
  record.trainable_parameters = 1280;
  record.config = "[train]\nbatch_size = 16\ngradient_clip = 1.0\n" + std::string(4000, '#');
  record.provenance =
      R"({"commit": "0123456789ab", "device": "cpu", "host": "one", "backbone": "b"})";
  record.compat = record.counts = "{}";
  record.selected_step = kSteps;
  for (int step = 1; step <= kSteps; ++step) {
    record.train.step.push_back(step);
    record.train.loss.push_back(1.0 / step);
    record.train.learning_rate.push_back(0.3 * (kSteps - step) / kSteps);
    record.train.gradient_norm.push_back(0.5);
  }
  const std::string& task = record.tasks[0];
  EvaluationHistory& evaluations = record.evaluations;
  for (int i = 1; i <= kEvaluations; ++i) {
    evaluations.step.push_back(i * kSteps / kEvaluations);
    evaluations.selection.push_back(100 * skill * (1 - std::exp(-i)));
    evaluations.metrics[task]["accuracy"].push_back(evaluations.selection.back());
    evaluations.parameter_norm.push_back(10 + i);
    if (record.method == "attempt") evaluations.attention_entropy.push_back(0.3);
  }
  TestResult& test = record.test[task];
  int right = 0;
  for (int row = 0; row < kExamples; ++row) {
    const bool is_right = static_cast<double>(random() >> 11) * 0x1.0p-53 < skill;
    right += is_right;
    test.targets.emplace_back(row % 2 == 0 ? "entailment" : "not_entailment");
    test.predictions.emplace_back((row % 2 == 0) == is_right ? "entailment" : "not_entailment");
    test.ids.push_back("test-" + std::to_string(row));
  }
  test.metrics = {
      {"accuracy", 100.0 * right / kExamples}, {"unparsable", 0}, {"constant_score", 50}};
  record.parameters = {{"prompt", {kRows, kWidth}, {}}};
  for (std::int64_t i = 0; i < kRows * kWidth; ++i) {
    record.parameters[0].values.push_back(static_cast<float>(random() % 1000) / 1000);
  }
  if (record.method == "attempt") {
    record.attention[task] = {
        .names = {"mnli", task}, .shape = {2}, .mean = {0.3, 0.7}, .std = {0.1, 0.1}};
    record.sources = R"([{"name": "mnli"}])";
  }
  record.cost = {.train_seconds = 10,
                 .evaluation_seconds = 1,
                 .peak_memory_bytes = 200'000'000,
                 .examples_per_second = 300,
                 .tokens = 1000,
                 .device = "cpu"};
}

using Publish = std::function<void(TrialRecord&, double)>;

constexpr char kSearchSweep[] = R"(
[sweep]
name = "made"
seeds = [11, 12]
[model]
path = "backbone"
[data]
root = "data"
[targets]
tasks = ["rte"]
methods = ["prompt_tuning"]
[train]
max_steps = 200
[search]
sampler = "sobol"
[search.space]
"method.prompt_tuning.learning_rate" = { low = 0.01, high = 10.0, log = true }
"method.prompt_tuning.init" = ["random", "sampled_vocab"]
"train.batch_size" = { choices = [16, 32], when = { "method.prompt_tuning.init" = "random" } }
)";

TrialRecord searched(const std::string& phase, int number, std::uint64_t seed) {
  TrialRecord record;
  record.phase = phase;
  record.method = "prompt_tuning";
  record.tasks = {"rte"};
  record.seed = seed;
  record.trial_id = id_of(phase + std::to_string(number) + "-" + std::to_string(seed));
  return record;
}

/// Scores of configuration n: 50 + n and 51 + n percent.
void add_search(const StudyFolder& folder, Json& plan, int count, const Publish& publish) {
  std::ofstream(folder.sweep()) << kSearchSweep;
  Json configurations = Json::array();
  for (int number = 0; number < count; ++number) {
    Json values = {
        {"method.prompt_tuning.learning_rate",
         std::to_string(0.01 * std::pow(1000, static_cast<double>(number) / count))},
        {"method.prompt_tuning.init", number % 2 == 0 ? "\"random\"" : "\"sampled_vocab\""}};
    if (number % 2 == 0) values["train.batch_size"] = number % 4 == 0 ? "16" : "32";
    Json ids = Json::array();
    for (const std::uint64_t seed : {1, 2}) {
      TrialRecord record = searched("search", number, seed);
      ids.push_back(record.trial_id);
      if (number + 2 == count) {
        write_file_atomically(folder.failed(record.trial_id),
                              seal_json({{"message", "loss is NaN"}}, 1));
      } else if (number + 1 < count) {
        publish(record, (49.0 + number + static_cast<double>(seed)) / 100);
      }
      add_planned(plan, record, "Searched, configuration " + std::to_string(number));
    }
    // As pairs: run/plan.json keeps the order of keys.
    Json pairs = Json::array();
    for (const auto& [key, value] : values.items()) pairs.push_back({key, value});
    configurations.push_back({{"values", pairs}, {"trials", ids}});
  }
  for (const std::uint64_t seed : {11, 12}) {
    TrialRecord record = searched("target", 0, seed);
    publish(record, 0.55);
    add_planned(plan, record, "Searched");
  }
  plan["searches"] = {{{"name", "prompt_tuning/rte"},
                       {"label", "Searched"},
                       {"method", "prompt_tuning"},
                       {"variant", ""},
                       {"task", "rte"},
                       {"configurations", configurations},
                       {"wanted", count},
                       {"chosen", count - 3},
                       {"later_trials", 0},
                       {"later_seconds", 0},
                       {"pruner", "off"},
                       {"prune_after", 0},
                       {"audit", false}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) return 2;
  const StudyFolder folder(argv[1]);
  const int methods = std::atoi(argv[2]);
  const int tasks = std::atoi(argv[3]);
  const int seeds = std::atoi(argv[4]);
  folder.create();
  std::ofstream(folder.sweep()) << "[sweep]\nname = \"made\"\n";
  EventLog log(folder, "made");
  Json plan = {{"name", "made"},
               {"warnings", Json::array()},
               {"trials", Json::array()},
               {"kinds", Json::array()}};
  plan["settings"] = {Json::array({Json::array({"train.batch_size", "16", "[train]"})})};
  const auto publish = [&](TrialRecord& record, double skill) {
    fill(record, skill);
    if (record.phase == "search") {  // never tested, and keeps nothing
      record.test.clear();
      record.parameters.clear();
    }
    const Published published = publish_trial(folder, record, "made", 1);
    log.append("trial_published", record.trial_id, {{"digest", published.digest}});
  };

  TrialRecord source;
  source.trial_id = id_of("source");
  source.phase = "source";
  source.method = "prompt_tuning";
  source.tasks = {"mnli"};
  source.seed = 1;
  publish(source, 0.9);
  add_planned(plan, source, "Prompt Tuning");

  for (int method = 0; method < methods; ++method) {
    for (int task = 0; task < tasks; ++task) {
      for (int seed = 1; seed <= seeds; ++seed) {
        TrialRecord record;
        const bool is_last_method = method + 1 == methods;
        std::string label = "Method " + std::to_string(method);
        if (is_last_method) label = "</script><script>window.markup = 'ran'</script>";
        record.phase = "target";
        record.method = method == 0 ? "attempt" : "prompt_tuning";
        record.tasks = {task + 1 == tasks ? "<img src=x onerror=\"window.markup='ran'\">"
                                          : "task" + std::to_string(task)};
        record.seed = static_cast<std::uint64_t>(seed);
        record.trial_id = id_of(label + record.tasks[0] + std::to_string(seed));
        if (method == 0) record.depends_on = {source.trial_id};
        const bool is_failed = is_last_method && task == 0 && seed == 1;
        const bool is_waiting = is_last_method && task == 0 && seed == seeds;
        if (is_failed) {
          write_file_atomically(folder.failed(record.trial_id),
                                seal_json({{"message", "loss is NaN <b>at step 3</b>"}}, 1));
          std::ofstream(folder.trial_log(record.trial_id))
              << "step 3 <script>window.markup = 'ran'</script>\n";
        } else if (!is_waiting) {
          publish(record, 0.6 + 0.3 * method / methods);
        }
        add_planned(plan, record, label);
      }
    }
  }
  if (argc == 6) add_search(folder, plan, std::atoi(argv[5]), publish);
  log.flush();
  write_file_atomically(folder.root() / "run" / "plan.json", seal_json(plan, 1));
}
