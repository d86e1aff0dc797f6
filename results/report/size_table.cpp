#include "results/report/size_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/report/backbone.h"

namespace attempt::results {

namespace {

using Scores = std::vector<double>;
/// Of one method: backbone -> task -> scores of all seeds.
using ByBackbone = std::map<std::size_t, std::map<std::string, Scores>>;

/// The backbones of all studies, in the order in which they are met.
class Backbones {
 public:
  std::size_t index_of(const Backbone& backbone) {
    const auto found = std::find_if(list_.begin(), list_.end(), [&](const Backbone& each) {
      return each.name == backbone.name && each.fingerprint == backbone.fingerprint;
    });
    if (found != list_.end()) return static_cast<std::size_t>(found - list_.begin());
    list_.push_back(backbone);
    return list_.size() - 1;
  }
  std::size_t size() const { return list_.size(); }

  /// The folder; with the beginning of the fingerprint where folders of one name differ.
  std::string title(std::size_t index) const {
    constexpr std::size_t kDigits = 8;
    const Backbone& backbone = list_[index];
    const auto namesakes = std::count_if(list_.begin(), list_.end(), [&](const Backbone& each) {
      return each.name == backbone.name;
    });
    return namesakes < 2 ? backbone.name
                         : backbone.name + " " + backbone.fingerprint.substr(0, kDigits);
  }

 private:
  std::vector<Backbone> list_;
};

/// Tasks that every backbone of this method has scores for.
std::vector<std::string> shared_tasks(const ByBackbone& scores) {
  std::vector<std::string> shared;
  for (const auto& [task, values] : scores.begin()->second) {
    const bool is_shared = std::all_of(
        scores.begin(), scores.end(), [&](const auto& each) { return each.second.contains(task); });
    if (is_shared) shared.push_back(task);
  }
  return shared;
}

/// Mean over the tasks of their means over seeds.
double mean_over(const std::map<std::string, Scores>& scores,
                 const std::vector<std::string>& tasks) {
  Scores means;
  for (const std::string& task : tasks) means.push_back(summarize_seeds(scores.at(task)).mean);
  return summarize_seeds(means).mean;
}

}  // namespace

TextTable size_table(const ScoreGrid& grid) {
  Backbones backbones;
  std::vector<std::string> labels;
  std::map<std::string, ByBackbone> scores;
  for (const auto& [place, cell] : grid.cells) {
    const std::string& label = grid.rows[place.first].name;
    for (std::size_t i = 0; i < cell.scored.size(); ++i) {
      const std::size_t backbone = backbones.index_of(backbone_of(*cell.scored[i]->record));
      if (!scores.contains(label)) labels.push_back(label);
      scores[label][backbone][grid.columns[place.second].name].push_back(cell.scores[i]);
    }
  }
  TextTable table{"sizes", "Model sizes", {"method"}, {}, {}};
  if (backbones.size() < 2) return table;
  for (std::size_t i = 0; i < backbones.size(); ++i) table.columns.push_back(backbones.title(i));
  table.columns.emplace_back("tasks");
  for (const std::string& label : labels) {
    const ByBackbone& of_method = scores[label];
    const std::vector<std::string> tasks = shared_tasks(of_method);
    std::vector<TableField> line = {{label}};
    for (std::size_t i = 0; i < backbones.size(); ++i) {
      const auto found = of_method.find(i);
      line.push_back({found == of_method.end() ? "not in study"
                      : tasks.empty()          ? "no task in common"
                                      : fmt::format("{:.1f}", mean_over(found->second, tasks))});
    }
    line.push_back({std::to_string(tasks.size())});
    table.lines.push_back(std::move(line));
  }
  table.notes = {
      "Mean over the tasks that the method has finished with every backbone it was run with (their "
      "number is in the last column) of their means over seeds."};
  return table;
}

}  // namespace attempt::results
