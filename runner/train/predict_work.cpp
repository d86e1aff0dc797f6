#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "model/shapes/model_error.h"
#include "runner/train/eval_work.h"
#include "runner/train/prediction_text.h"
#include "runner/train/served_task.h"
#include "runner/train/serving_request.h"

namespace attempt::train {

using nlohmann::json;

namespace {

constexpr int kBadInput = 2;
constexpr std::size_t kLinesAtOnce = 64;
constexpr std::size_t kRowsAtOnce = 64;

struct Line {
  std::int64_t number = 0;
  std::string task;
  std::string text;
};

/// A line and the served task that answers it.
using Question = std::pair<std::size_t, std::size_t>;

/// Ids of a text as the task's examples have it: its name in front where the trial was trained so.
std::vector<std::int32_t> source_ids(const ServedTask& answerer, const std::string& text,
                                     const datasets::Tokenizer& tokenizer) {
  const std::string prefix =
      answerer.task.add_prefix ? sweep::task_of(answerer.task).source_prefix : "";
  const bool has_prefix = prefix.empty() || text.starts_with(prefix + " ");
  return datasets::truncate_with_eos(tokenizer.encode(has_prefix ? text : prefix + " " + text),
                                     answerer.task.max_source_length);
}

/// Mean weight of every source: over the rows of a prompt (the last dimension) or over layers.
std::vector<double> weights_of(const model::SourceAttention& attention, std::int64_t row,
                               bool is_token_level) {
  at::Tensor weights = attention.weights[row].to(at::kCPU, at::kDouble);
  if (weights.dim() == 2) weights = weights.mean(is_token_level ? 1 : 0);
  weights = weights.contiguous();
  return {weights.const_data_ptr<double>(), weights.const_data_ptr<double>() + weights.numel()};
}

class Predicting {
 public:
  Predicting(const json& request, const at::Device& device)
      : request_(request), loader_(place_of(request), device) {
    const SourceChange change = change_of(request);
    for (const std::string path : request.at("files")) {
      trials_.push_back(std::make_unique<LoadedTrial>(loader_.load(path, change)));
      add_answerers(*trials_.back());
    }
    groups_ = groups_of(answerers_, loader_);
  }

  int run() {
    const std::string path = request_.value("input", "-");
    std::ifstream file;
    if (path != "-") {
      file.open(path);
      if (!file) throw model::ModelError(path, "cannot be read");
    }
    std::ios::sync_with_stdio(false);  // else nobody knows whether more of a pipe is there
    std::istream& in = path == "-" ? std::cin : file;
    std::vector<Line> lines;
    std::string text;
    for (std::int64_t number = 1; std::getline(in, text); ++number) {
      if (!text.empty() && text.back() == '\r') text.pop_back();
      if (text.empty()) continue;
      take(number, text, path == "-" ? "standard input" : path, lines);
      const bool is_waiting = path == "-" && in.rdbuf()->in_avail() <= 0;  // a person, or a pipe
      if (lines.size() == kLinesAtOnce || is_waiting) answer(lines);
    }
    answer(lines);
    return exit_code_;
  }

 private:
  void add_answerers(const LoadedTrial& trial) {
    const auto& tasks = trial.spec.tasks;
    if (tasks.empty()) {
      const std::string told = trial.file.tasks.empty() ? "" : trial.file.tasks[0];
      const std::string wanted = request_.value("task", told);
      if (wanted.empty()) {
        throw model::ModelError(trial.file.path.string(),
                                "does not say which task it was trained for. Say --task NAME");
      }
      answerers_.push_back({&trial, trial.spec.data, loader_.default_task(wanted).task, 0});
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      answerers_.push_back({&trial, trial.spec.data, tasks[i], static_cast<std::int64_t>(i)});
    }
  }

  /// A line is `task<TAB>text`; the task may be left out where there is only one.
  void take(std::int64_t number, const std::string& given, const std::string& file,
            std::vector<Line>& lines) {
    Line line{number, answerers_.front().task.name, given};
    const bool has_one_task =
        std::all_of(answerers_.begin(), answerers_.end(),
                    [&](const ServedTask& a) { return a.task.name == line.task; });
    std::string problem;
    if (const std::size_t tab = given.find('\t'); tab != std::string::npos) {
      line.task = given.substr(0, tab);
      line.text = given.substr(tab + 1);
    } else if (!has_one_task) {
      problem = "no task (expected the task's name, a tab and the text)";
    }
    const bool is_known =
        std::any_of(answerers_.begin(), answerers_.end(),
                    [&](const ServedTask& a) { return a.task.name == line.task; });
    if (problem.empty() && !is_known) {
      problem = "no trained file is for the task '" + line.task.substr(0, 60) + "'";
    }
    if (problem.empty()) {
      lines.push_back(std::move(line));
      return;
    }
    exit_code_ = kBadInput;
    fmt::print(stderr, "attempt: error: {}:{}: {}\n", file, number, problem);
  }

  /// Prints an answer a line and trained file, in the order of the lines, and empties them.
  void answer(std::vector<Line>& lines) {
    std::map<Question, std::string> printed;
    for (const ServedGroup& group : groups_) {
      std::vector<Question> questions;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        for (const std::size_t answerer : group.members) {
          if (lines[i].task == answerers_[answerer].task.name) questions.push_back({i, answerer});
        }
      }
      const std::span<const Question> all(questions);
      for (std::size_t begin = 0; begin < all.size(); begin += kRowsAtOnce) {
        predict(group, lines, all.subspan(begin, std::min(kRowsAtOnce, all.size() - begin)),
                printed);
      }
    }
    for (const auto& [question, text] : printed) fmt::print("{}", text);
    std::fflush(stdout);
    lines.clear();
  }

  model::Batch batch_of(const ServedGroup& group, const std::vector<Line>& lines,
                        std::span<const Question> questions) const {
    datasets::TokenBatch tokens;
    tokens.rows = static_cast<std::int64_t>(questions.size());
    tokens.target_length = 1;
    std::vector<std::vector<std::int32_t>> ids;
    for (const auto& [line, answerer] : questions) {
      ids.push_back(source_ids(answerers_[answerer], lines[line].text, loader_.tokenizer()));
      tokens.source_length =
          std::max(tokens.source_length, static_cast<std::int64_t>(ids.back().size()));
      tokens.labels.push_back(1);  // no target is known: the loss is not looked at
      const auto& members = group.members;
      const auto place = std::find(members.begin(), members.end(), answerer) - members.begin();
      tokens.task_ids.push_back(group.mixed ? place : answerers_[answerer].task_id);
    }
    for (const std::vector<std::int32_t>& row : ids) {
      const auto length = static_cast<std::size_t>(tokens.source_length);
      tokens.input_ids.insert(tokens.input_ids.end(), row.begin(), row.end());
      tokens.input_ids.insert(tokens.input_ids.end(), length - row.size(), 0);
      tokens.attention_mask.insert(tokens.attention_mask.end(), row.size(), 1);
      tokens.attention_mask.insert(tokens.attention_mask.end(), length - row.size(), 0);
    }
    return to_model_batch(tokens, loader_.device());
  }

  void predict(const ServedGroup& group, const std::vector<Line>& lines,
               std::span<const Question> questions, std::map<Question, std::string>& printed) {
    const c10::NoGradGuard no_grad;
    const model::Batch batch = batch_of(group, lines, questions);
    const ServedTask& first = answerers_[group.members.front()];
    model::Method& method = group.mixed ? *group.mixed : *first.trial->method;
    const at::Tensor generated =
        method.predict(batch, first.task.max_new_tokens).tokens.to(at::kCPU, at::kInt).contiguous();
    for (std::size_t k = 0; k < group.members.size(); ++k) {
      const ServedTask& answerer = answerers_[group.members[k]];
      const model::SourceAttention attention =
          group.mixed ? group.mixed->attention_of(k, batch) : method.attention(batch);
      std::int64_t own_row = 0;  // attention has the rows of this member alone
      for (std::size_t i = 0; i < questions.size(); ++i) {
        if (questions[i].second != group.members[k]) continue;
        const auto* ids = generated.const_data_ptr<std::int32_t>() +
                          static_cast<std::int64_t>(i) * generated.size(1);
        const std::string text = prediction_text(
            loader_.tokenizer(), {ids, ids + generated.size(1)}, answerer.data.rules);
        printed[questions[i]] =
            as_text(answerer, lines[questions[i].first], text, attention, own_row++);
      }
    }
  }

  std::string as_text(const ServedTask& answerer, const Line& line, const std::string& prediction,
                      const model::SourceAttention& attention, std::int64_t row) const {
    json weights = json::object();
    std::string words;
    if (attention.weights.defined() && attention.weights.numel() > 0) {
      const bool is_token_level =
          answerer.trial->spec.method_options.attention == model::AttentionKind::kToken;
      const std::vector<double> values = weights_of(attention, row, is_token_level);
      for (std::size_t k = 0; k < values.size() && k < attention.names.size(); ++k) {
        weights[attention.names[k]] = values[k];
        words += fmt::format("{}{}={:.3f}", k == 0 ? "\t" : " ", attention.names[k], values[k]);
      }
    }
    if (!request_.value("json", false)) {
      return fmt::format("{}\t{}{}\n", line.task, prediction, words);
    }
    const json object = {{"line", line.number},
                         {"task", line.task},
                         {"text", line.text},
                         {"prediction", prediction},
                         {"trial", answerer.trial->file.trial_id},
                         {"file", answerer.trial->file.path.string()},
                         {"attention", weights}};
    return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  }

  const json& request_;
  TrialLoader loader_;
  std::vector<std::unique_ptr<LoadedTrial>> trials_;
  std::vector<ServedTask> answerers_;
  std::vector<ServedGroup> groups_;  ///< of answerers_
  int exit_code_ = 0;
};

}  // namespace

int run_predict_work(const json& request, const at::Device& device) {
  return Predicting(request, device).run();
}

}  // namespace attempt::train
