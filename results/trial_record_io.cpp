#include "results/trial_record_io.h"

#include <cmath>

#include "results/store_error.h"
#include "results/trial_file.h"

namespace attempt::results {

namespace {

constexpr char kFormat[] = "attempt-trial";

void write_attributes(Hdf5Writer& place, const TrialRecord& record) {
  place.attribute("format", std::string(kFormat));
  place.attribute("format_version", std::int64_t{kTrialFormatVersion});
  place.attribute("trial_id", record.trial_id);
  place.attribute("phase", record.phase);
  place.attribute("method", record.method);
  place.attribute("variant", record.variant);
  place.attribute("tasks", record.tasks);
  place.attribute("seed", record.seed);
  place.attribute("status", record.status);
  place.attribute("config", record.config);
  place.attribute("provenance", record.provenance);
  place.attribute("trainable_parameters", record.trainable_parameters);
  place.attribute("depends_on", record.depends_on);
  place.attribute("selected_step", record.selected_step);
  place.attribute("comparable", std::int64_t{record.comparable});
  place.attribute("synthetic", std::int64_t{record.synthetic});
  place.attribute("exact", std::int64_t{record.exact});
  place.attribute("compat", record.compat);
  place.attribute("sources", record.sources);
  place.attribute("counts", record.counts);
}

void read_attributes(const Hdf5Reader& place, TrialRecord& record) {
  const std::string format = place.text_attribute("format");
  if (format != kFormat) {
    place.fail("@format", "is '" + format + "' (expected '" + kFormat + "')");
  }
  const std::int64_t version = place.integer_attribute("format_version");
  if (version > kTrialFormatVersion) {
    throw StoreError(
        place.file(),
        "is of format " + std::to_string(version) + " (this program reads up to " +
            std::to_string(kTrialFormatVersion) +
            "): a newer version of it wrote the file. Use that version, or a later one.");
  }
  if (version != kTrialFormatVersion) {
    place.fail("@format_version", "is " + std::to_string(version) + " (this program reads " +
                                      std::to_string(kTrialFormatVersion) + ")");
  }
  record.trial_id = place.text_attribute("trial_id");
  record.phase = place.text_attribute("phase");
  record.method = place.text_attribute("method");
  record.variant = place.text_attribute("variant");
  record.tasks = place.texts_attribute("tasks");
  record.seed = place.unsigned_attribute("seed");
  record.status = place.text_attribute("status");
  record.config = place.text_attribute("config");
  record.provenance = place.text_attribute("provenance");
  record.trainable_parameters = place.integer_attribute("trainable_parameters");
  record.depends_on = place.texts_attribute("depends_on");
  record.selected_step = place.integer_attribute("selected_step");
  record.comparable = place.integer_attribute("comparable") != 0;
  record.synthetic = place.integer_attribute("synthetic") != 0;
  record.exact = place.integer_attribute("exact") != 0;
  record.compat = place.text_attribute("compat");
  record.sources = place.text_attribute("sources");
  record.counts = place.text_attribute("counts");
}

void write_train(Hdf5Writer place, const TrainHistory& train) {
  place.array("step", train.step);
  place.array("loss", train.loss);
  place.array("learning_rate", train.learning_rate);
  place.array("gradient_norm", train.gradient_norm);
  for (const auto& [task, loss] : train.task_loss) place.make_group(task).array("loss", loss);
}

/// A column of a table with `rows` rows.
std::vector<double> read_column(const Hdf5Reader& place, const std::string& name,
                                std::size_t rows) {
  std::vector<double> values = place.numbers(name);
  if (values.size() != rows) {
    place.fail(name, "has " + std::to_string(values.size()) + " rows (expected " +
                         std::to_string(rows) + " as in 'step')");
  }
  return values;
}

TrainHistory read_train(const Hdf5Reader& place, TrialParts parts) {
  TrainHistory train;
  train.step = place.integers("step");
  const std::size_t rows = train.step.size();
  train.loss = read_column(place, "loss", rows);
  train.learning_rate = read_column(place, "learning_rate", rows);
  train.gradient_norm = read_column(place, "gradient_norm", rows);
  if (parts == TrialParts::kResults) return train;
  for (const std::string& name : place.names()) {
    if (!place.is_group(name)) continue;
    const Hdf5Reader task = place.group(name);
    if (task.has("loss")) train.task_loss[name] = read_column(task, "loss", rows);
  }
  return train;
}

void write_evaluations(Hdf5Writer place, const EvaluationHistory& evaluations) {
  place.array("step", evaluations.step);
  for (const auto& [task, metrics] : evaluations.metrics) {
    Hdf5Writer group = place.make_group(task);
    for (const auto& [metric, values] : metrics) group.array(metric, values);
  }
  place.array("parameter_norm", evaluations.parameter_norm);
  if (!evaluations.attention_entropy.empty()) {
    place.array("attention_entropy", evaluations.attention_entropy);
  }
  place.array("selection", evaluations.selection);
}

EvaluationHistory read_evaluations(const Hdf5Reader& place, TrialParts parts) {
  EvaluationHistory evaluations;
  evaluations.step = place.integers("step");
  const std::size_t rows = evaluations.step.size();
  evaluations.parameter_norm = read_column(place, "parameter_norm", rows);
  evaluations.selection = read_column(place, "selection", rows);
  if (place.has("attention_entropy")) {
    evaluations.attention_entropy = read_column(place, "attention_entropy", rows);
  }
  if (parts == TrialParts::kResults) return evaluations;
  for (const std::string& name : place.names()) {
    if (!place.is_group(name)) continue;
    const Hdf5Reader task = place.group(name);
    auto& metrics = evaluations.metrics[name];
    for (const std::string& metric : task.names()) {
      if (!task.is_group(metric)) metrics[metric] = read_column(task, metric, rows);
    }
  }
  return evaluations;
}

void write_test(Hdf5Writer place, const TestResult& test) {
  Hdf5Writer metrics = place.make_group("metrics");
  for (const auto& [metric, value] : test.metrics) metrics.scalar(metric, value);
  if (test.predictions.empty()) return;
  place.texts("predictions", test.predictions);
  place.texts("targets", test.targets);
  place.texts("ids", test.ids);
}

TestResult read_test(const Hdf5Reader& place, TrialParts parts) {
  TestResult test;
  test.metrics = place.group("metrics").scalars();
  const bool has_predictions = parts == TrialParts::kResults || parts == TrialParts::kAll;
  if (!has_predictions || !place.has("predictions")) return test;
  test.predictions = place.texts("predictions");
  test.targets = place.texts("targets");
  if (parts == TrialParts::kAll) test.ids = place.texts("ids");
  const std::size_t ids = parts == TrialParts::kAll ? test.ids.size() : test.predictions.size();
  for (const auto& [name, size] : {std::pair{"targets", test.targets.size()}, {"ids", ids}}) {
    if (size != test.predictions.size()) {
      place.fail(name, "has " + std::to_string(size) + " rows (expected " +
                           std::to_string(test.predictions.size()) + " as in 'predictions')");
    }
  }
  return test;
}

/// `/attention/names` is one list for the file; a task whose list is another (one task of a trial
/// with several) keeps its own beside its means.
void write_attention(Hdf5Writer place, const std::map<std::string, AttentionSummary>& attention) {
  const std::vector<std::string>& shared = attention.begin()->second.names;
  place.texts("names", shared);
  for (const auto& [task, summary] : attention) {
    Hdf5Writer group = place.make_group(task);
    group.array("mean", summary.mean, summary.shape);
    group.array("std", summary.std, summary.shape);
    if (summary.names != shared) group.texts("names", summary.names);
    if (!std::isnan(summary.temperature)) group.attribute("temperature", summary.temperature);
  }
}

std::map<std::string, AttentionSummary> read_attention(const Hdf5Reader& place) {
  std::map<std::string, AttentionSummary> attention;
  const std::vector<std::string> shared = place.texts("names");
  for (const std::string& name : place.names()) {
    if (!place.is_group(name)) continue;
    const Hdf5Reader task = place.group(name);
    const Hdf5Reader::Numbers mean = task.shaped_numbers("mean");
    const Hdf5Reader::Numbers deviation = task.shaped_numbers("std");
    if (mean.shape != deviation.shape)
      task.fail("std", "has another shape (expected that of mean)");
    attention[name] = {.names = task.has("names") ? task.texts("names") : shared,
                       .shape = mean.shape,
                       .mean = mean.values,
                       .std = deviation.values};
    if (task.has_attribute("temperature")) {
      attention[name].temperature = task.number_attribute("temperature");
    }
  }
  return attention;
}

void write_cost(Hdf5Writer place, const Cost& cost) {
  place.attribute("train_seconds", cost.train_seconds);
  place.attribute("evaluation_seconds", cost.evaluation_seconds);
  place.attribute("peak_memory_bytes", cost.peak_memory_bytes);
  place.attribute("examples_per_second", cost.examples_per_second);
  place.attribute("tokens", cost.tokens);
  place.attribute("device", cost.device);
  place.attribute("attempts", cost.attempts);
  place.attribute("micro_batch", cost.micro_batch);
  place.attribute("bundle_width", cost.bundle_width);
}

Cost read_cost(const Hdf5Reader& place) {
  Cost cost;
  cost.train_seconds = place.number_attribute("train_seconds");
  cost.evaluation_seconds = place.number_attribute("evaluation_seconds");
  cost.peak_memory_bytes = place.integer_attribute("peak_memory_bytes");
  cost.examples_per_second = place.number_attribute("examples_per_second");
  cost.tokens = place.integer_attribute("tokens");
  cost.device = place.text_attribute("device");
  cost.attempts = place.integer_attribute("attempts");
  cost.micro_batch = place.integer_attribute("micro_batch");
  cost.bundle_width = place.integer_attribute("bundle_width");
  return cost;
}

}  // namespace

void write_arrays(Hdf5Writer place, const std::vector<NamedArray>& arrays) {
  for (const NamedArray& array : arrays) {
    place.array(array.name, array.values, array.shape);
    if (!array.tasks.empty()) place.array_attribute(array.name, "tasks", array.tasks);
  }
}

std::vector<NamedArray> read_arrays(const Hdf5Reader& place) {
  std::vector<NamedArray> arrays;
  for (const std::string& name : place.names()) {
    if (!place.is_group(name)) arrays.push_back(place.floats(name));
  }
  return arrays;
}

void write_record(Hdf5Writer& place, const TrialRecord& record) {
  write_attributes(place, record);
  write_train(place.make_group("train"), record.train);
  write_evaluations(place.make_group("evaluations"), record.evaluations);
  Hdf5Writer test = place.make_group("test");
  for (const auto& [task, result] : record.test) write_test(test.make_group(task), result);
  write_arrays(place.make_group("parameters"), record.parameters);
  if (!record.attention.empty()) write_attention(place.make_group("attention"), record.attention);
  write_cost(place.make_group("cost"), record.cost);
}

TrialRecord read_record(const Hdf5Reader& place, TrialParts parts) {
  TrialRecord record;
  read_attributes(place, record);
  const Hdf5Reader test = place.group("test");
  for (const std::string& task : test.names()) {
    if (test.is_group(task)) record.test[task] = read_test(test.group(task), parts);
  }
  record.cost = read_cost(place.group("cost"));
  if (place.has("attention")) record.attention = read_attention(place.group("attention"));
  if (parts == TrialParts::kSummary) return record;
  record.train = read_train(place.group("train"), parts);
  record.evaluations = read_evaluations(place.group("evaluations"), parts);
  if (parts == TrialParts::kAll) record.parameters = read_arrays(place.group("parameters"));
  return record;
}

}  // namespace attempt::results
