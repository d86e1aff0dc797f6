#pragma once

#include <gtest/gtest.h>

#include <stdexcept>

#include "results/report/score_grid.h"
#include "results/report/score_tables.h"
#include "results/report/text_table.h"
#include "tests/results/study_fixture.h"

namespace attempt::results {

inline constexpr int kExamples = 200;

/// A study whose trials are told by method, task, seed and how many of 200 test examples are right.
class ReportTest : public test::StudyTest {
 protected:
  StudyEntry& add(const std::string& method, const std::string& task, std::uint64_t seed) {
    StudyEntry& entry = source_.entries.emplace_back();
    entry = {.trial_id = method + "-" + task + "-" + std::to_string(seed),
             .phase = "target",
             .method = method,
             .variant = "",
             .label = method,
             .tasks = {task},
             .metrics = {"accuracy"},
             .seed = seed,
             .depends_on = {},
             .reason = ""};
    return entry;
  }

  TrialRecord record_of(const StudyEntry& entry, int right) const {
    TrialRecord record;
    record.trial_id = entry.trial_id;
    record.phase = entry.phase;
    record.method = entry.method;
    record.tasks = entry.tasks;
    record.seed = entry.seed;
    record.status = "succeeded";
    record.provenance = record.compat = record.counts = "{}";
    record.sources = "[]";
    record.comparable = true;
    record.trainable_parameters = 100;
    record.evaluations = {.step = {1, 2},
                          .metrics = {},
                          .parameter_norm = {1, 2},
                          .attention_entropy = {},
                          .selection = {50, 60}};
    record.selected_step = 2;
    record.cost = {.train_seconds = 3600, .device = "cpu"};
    TestResult& test = record.test[entry.tasks[0]];
    for (int i = 0; i < kExamples; ++i) {
      test.targets.emplace_back(i % 2 == 0 ? "yes" : "no");
      test.predictions.emplace_back((i % 2 == 0) == (i < right) ? "yes" : "no");
      test.ids.push_back(std::to_string(i));
    }
    test.metrics = {{"accuracy", 100.0 * right / kExamples}, {"constant_score", 50}};
    return record;
  }

  void publish_record(StudyEntry& entry, const TrialRecord& record) {
    publish_trial(folder_, record, "run", 1);
    entry.status = TrialStatus::kSucceeded;
  }

  void finish(const std::string& method, const std::string& task, std::uint64_t seed, int right) {
    StudyEntry& entry = add(method, task, seed);
    publish_record(entry, record_of(entry, right));
  }

  const ScoreGrid& grid() {
    studies_ = {read_study(source_, {})};
    grid_ = make_score_grid(studies_);
    return grid_;
  }

  const TextTable& table(const std::string& id) {
    tables_ = score_tables(grid(), {"mnli"});
    for (const TextTable& each : tables_) {
      if (each.id == id) return each;
    }
    throw std::runtime_error("no table " + id);
  }

  StudySource source_{folder_, "study", {}, {}};
  std::vector<StudyContent> studies_;
  ScoreGrid grid_;
  std::vector<TextTable> tables_;
};

inline std::vector<std::string> texts(const std::vector<TableField>& line) {
  std::vector<std::string> list;
  for (const TableField& field : line) list.push_back(field.text);
  return list;
}

}  // namespace attempt::results
