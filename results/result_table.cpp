#include "results/result_table.h"

#include <utf8proc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

namespace attempt::results {

namespace {

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

TableCell average(const std::string& row, const std::string& column,
                  const std::vector<double>& values) {
  TableCell cell{.row = row, .column = column, .n = static_cast<std::int64_t>(values.size())};
  for (const double value : values) cell.mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return cell;
  double squares = 0;
  for (const double value : values) squares += (value - cell.mean) * (value - cell.mean);
  cell.std = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return cell;
}

/// Columns a text takes on a terminal.
std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t codepoint = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(at, left, &codepoint);
    const utf8proc_ssize_t step = size > 0 ? size : 1;
    width += size > 0 ? static_cast<std::size_t>(utf8proc_charwidth(codepoint)) : 1;
    at += step;
    left -= step;
  }
  return width;
}

std::string cell_text(const TableCell& cell) {
  char text[96];
  if (cell.n == 1) {
    std::snprintf(text, sizeof text, "%.1f (1)", cell.mean);
  } else {
    std::snprintf(text, sizeof text, "%.1f ± %.1f (%lld)", cell.mean, cell.std,
                  static_cast<long long>(cell.n));
  }
  return text;
}

}  // namespace

ResultTable make_result_table(const Scores& scores, const std::vector<TableEntry>& entries) {
  ResultTable table;
  std::map<std::string, std::map<std::string, std::vector<double>>> values;
  std::size_t missing = 0;
  std::set<std::string> synthetic;
  for (const TableEntry& entry : entries) {
    add_once(table.rows, entry.label);
    add_once(table.columns, entry.column);
    const auto found = scores.find(entry.trial_id);
    if (found == scores.end()) {
      ++missing;
      continue;
    }
    const TrialScores& trial = found->second;
    if (trial.synthetic) synthetic.insert(entry.column);
    const auto test = trial.test.find(entry.task);
    if (test == trial.test.end() || !test->second.contains(entry.metric)) {
      table.notes.push_back("left out: trial " + entry.trial_id + " has no " + entry.metric +
                            " on the test split of " + entry.task);
      continue;
    }
    values[entry.label][entry.column].push_back(test->second.at(entry.metric));
  }
  for (const std::string& row : table.rows) {
    for (const std::string& column : table.columns) {
      const std::vector<double>& found = values[row][column];
      if (!found.empty()) table.cells.push_back(average(row, column, found));
    }
  }
  if (missing > 0) {
    table.notes.push_back(std::to_string(missing) + " of " + std::to_string(entries.size()) +
                          " results are not there yet");
  }
  for (const std::string& column : synthetic) table.notes.push_back(column + ": synthetic data");
  return table;
}

std::string format_table(const ResultTable& table) {
  std::map<std::string, std::map<std::string, std::string>> texts;
  for (const TableCell& cell : table.cells) texts[cell.row][cell.column] = cell_text(cell);

  std::vector<std::vector<std::string>> lines;
  lines.push_back({""});
  lines[0].insert(lines[0].end(), table.columns.begin(), table.columns.end());
  for (const std::string& row : table.rows) {
    std::vector<std::string> line = {row};
    for (const std::string& column : table.columns) {
      const std::string& text = texts[row][column];
      line.push_back(text.empty() ? "-" : text);
    }
    lines.push_back(std::move(line));
  }

  std::vector<std::size_t> widths(table.columns.size() + 1, 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line[i]));
  }
  std::string result;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text += "  ";
      text += line[i] + std::string(widths[i] - width_of(line[i]), ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    result += text + "\n";
  }
  for (const std::string& note : table.notes) result += "note: " + note + "\n";
  return result;
}

}  // namespace attempt::results
