#include "results/export.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "results/config_text.h"
#include "results/report/backbone.h"
#include "results/report/text_table.h"
#include "results/study_files.h"
#include "results/trial_file.h"

namespace attempt::results {

namespace {

/// A flat object; its keys are the columns.
using Row = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += (result.empty() ? "" : "+") + text;
  return result;
}

Row identity(const TrialRecord& record) {
  Row row;
  row["trial_id"] = record.trial_id;
  row["phase"] = record.phase;
  row["method"] = record.method;
  row["variant"] = record.variant;
  row["tasks"] = joined(record.tasks);
  row["seed"] = record.seed;
  return row;
}

std::vector<Row> trial_rows(const TrialRecord& record) {
  Row row = identity(record);
  row["status"] = record.status;
  row["selected_step"] = record.selected_step;
  row["trainable_parameters"] = record.trainable_parameters;
  row["comparable"] = record.comparable;
  row["synthetic"] = record.synthetic;
  row["exact"] = record.exact;
  row["depends_on"] = joined(record.depends_on);
  row["train_seconds"] = record.cost.train_seconds;
  row["evaluation_seconds"] = record.cost.evaluation_seconds;
  row["examples_per_second"] = record.cost.examples_per_second;
  row["peak_memory_bytes"] = record.cost.peak_memory_bytes;
  row["tokens"] = record.cost.tokens;
  row["device"] = record.cost.device;
  row["attempts"] = record.cost.attempts;
  row["backbone"] = backbone_of(record).name;
  row["few_shot_k"] =
      static_cast<std::int64_t>(number_in(record.config, "few_shot", "k").value_or(0));
  for (const auto& [task, test] : record.test) {
    for (const auto& [metric, value] : test.metrics) row["test." + task + "." + metric] = value;
  }
  return {row};
}

std::vector<Row> step_rows(const TrialRecord& record) {
  std::vector<Row> rows;
  const TrainHistory& train = record.train;
  for (std::size_t i = 0; i < train.step.size(); ++i) {
    Row row = identity(record);
    row["step"] = train.step[i];
    row["loss"] = train.loss[i];
    row["learning_rate"] = train.learning_rate[i];
    row["gradient_norm"] = train.gradient_norm[i];
    for (const auto& [task, loss] : train.task_loss) row["loss." + task] = loss[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> evaluation_rows(const TrialRecord& record) {
  std::vector<Row> rows;
  const EvaluationHistory& evaluations = record.evaluations;
  for (std::size_t i = 0; i < evaluations.step.size(); ++i) {
    Row row = identity(record);
    row["step"] = evaluations.step[i];
    row["selection"] = evaluations.selection[i];
    row["parameter_norm"] = evaluations.parameter_norm[i];
    if (!evaluations.attention_entropy.empty()) {
      row["attention_entropy"] = evaluations.attention_entropy[i];
    }
    for (const auto& [task, metrics] : evaluations.metrics) {
      for (const auto& [metric, values] : metrics) {
        row["validation." + task + "." + metric] = values[i];
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> rows_of(const std::filesystem::path& file, ExportWhat what) {
  switch (what) {
    case ExportWhat::kSteps:
      return step_rows(read_trial_histories(file));
    case ExportWhat::kEvaluations:
      return evaluation_rows(read_trial_histories(file));
    case ExportWhat::kTrials:
      break;
  }
  return trial_rows(read_trial_summary(file));
}

/// The columns every export of this kind has, in order; also those of a study without results.
std::vector<std::string> fixed_columns(ExportWhat what) {
  TrialRecord record;
  record.train = {
      .step = {0}, .loss = {0}, .learning_rate = {0}, .gradient_norm = {0}, .task_loss = {}};
  record.evaluations = {.step = {0},
                        .metrics = {},
                        .parameter_norm = {0},
                        .attention_entropy = {0},
                        .selection = {0}};
  const Row row = what == ExportWhat::kTrials  ? trial_rows(record).front()
                  : what == ExportWhat::kSteps ? step_rows(record).front()
                                               : evaluation_rows(record).front();
  std::vector<std::string> columns;
  for (const auto& [key, value] : row.items()) columns.push_back(key);
  return columns;
}

std::string csv_field(const Row& value) {
  if (value.is_null()) return "";
  std::string text;
  if (value.is_string()) {
    text = value.get<std::string>();
  } else if (value.is_boolean()) {
    text = value.get<bool>() ? "1" : "0";
  } else {
    text = value.dump();
    if (text == "null") text = "nan";
  }
  return escape_csv(text);
}

void write_csv(const std::vector<std::filesystem::path>& files, ExportWhat what,
               std::ostream& out) {
  std::vector<std::string> columns = fixed_columns(what);
  const std::set<std::string> fixed(columns.begin(), columns.end());
  // A pass for the header, so that the rows of a large study need not be held.
  std::set<std::string> more;
  for (const auto& file : files) {
    const std::vector<Row> rows = rows_of(file, what);
    if (rows.empty()) continue;
    for (const auto& [key, value] : rows.front().items()) {
      if (!fixed.contains(key)) more.insert(key);
    }
  }
  columns.insert(columns.end(), more.begin(), more.end());
  for (std::size_t i = 0; i < columns.size(); ++i)
    out << (i > 0 ? "," : "") << csv_field(columns[i]);
  out << "\n";
  for (const auto& file : files) {
    for (const Row& row : rows_of(file, what)) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto found = row.find(columns[i]);
        out << (i > 0 ? "," : "") << (found == row.end() ? "" : csv_field(*found));
      }
      out << "\n";
    }
  }
}

void write_json(const std::vector<std::filesystem::path>& files, ExportWhat what,
                std::ostream& out) {
  const char* separator = "[\n";
  for (const auto& file : files) {
    for (const Row& row : rows_of(file, what)) {
      out << separator << row.dump(-1, ' ', false, Row::error_handler_t::replace);
      separator = ",\n";
    }
  }
  out << (*separator == '[' ? "[]\n" : "\n]\n");
}

}  // namespace

void export_study(const StudyFolder& folder, const std::vector<std::string>& trial_ids,
                  ExportFormat format, ExportWhat what, std::ostream& out) {
  std::vector<std::filesystem::path> files;
  for (const SoundTrial& trial : sound_trials(folder, trial_ids)) files.push_back(trial.file);
  if (format == ExportFormat::kCsv) {
    write_csv(files, what, out);
  } else {
    write_json(files, what, out);
  }
}

}  // namespace attempt::results
