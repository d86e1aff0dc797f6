#include <algorithm>

#include "runner/config/nearest_name.h"
#include "runner/config/sweep_reader.h"
#include "runner/config/value_check.h"

namespace attempt::config {
namespace {

/// A checked axis of one key; no values when anything was wrong.
struct AxisColumn {
  SettingPath path;
  std::vector<Value> values;
};

AxisColumn read_column(const std::string& section, Leaf& leaf, const KnownNames& known,
                       Problems& problems) {
  std::string problem;
  AxisColumn column{resolve_setting(leaf.parts, known, problem), {}};
  Value& value = *leaf.value;
  const std::string name = "'" + leaf.dotted + "' in [" + section + "]";
  if (column.path.key == nullptr) {
    problems.add(value.at, leaf.dotted, problem);
    return column;
  }
  if (!column.path.key->may_be_axis || column.path.key->path() == "data.rules") {
    problems.add(value.at, leaf.dotted,
                 name + " cannot be an axis (it is one value for the whole " +
                     "study). Set it in its section");
    return column;
  }
  if (!value.is_array() || value.array().empty()) {
    problems.add(value.at, leaf.dotted,
                 name + " is " + (value.is_array() ? "empty" : to_toml(value)) +
                     " (an axis is an array of values). Write [a, b]");
    return column;
  }
  for (Value& item : std::get<Value::Array>(value.data)) {
    item.at = value.at;
    const std::string wrong = check_value(*column.path.key, leaf.dotted, item);
    if (!wrong.empty()) {
      problems.add(value.at, leaf.dotted, wrong);
      return {column.path, {}};
    }
    const bool again = section == "grid" &&
                       std::any_of(column.values.begin(), column.values.end(),
                                   [&](const Value& other) { return same_value(other, item); });
    if (again) {
      problems.add(
          value.at, leaf.dotted,
          name + " holds " + to_toml(item) + " twice (equal trials are one trial). Remove one");
      return {column.path, {}};
    }
    column.values.push_back(item);
  }
  return column;
}

}  // namespace

void SweepReader::read_grid(Value& grid) {
  for (Leaf& leaf : leaves_of(grid, problems_)) {
    AxisColumn column = read_column("grid", leaf, known_, problems_);
    if (column.values.empty()) {
      continue;
    }
    Axis axis{"[grid]", {column.path}, {}};
    for (const Value& value : column.values) {
      axis.values.push_back({value});
    }
    sweep_.axes.push_back(std::move(axis));
  }
}

void SweepReader::read_zip(Value& zip) {
  Axis axis{"[zip]", {}, {}};
  for (Leaf& leaf : leaves_of(zip, problems_)) {
    const AxisColumn column = read_column("zip", leaf, known_, problems_);
    if (column.values.empty()) {
      continue;
    }
    if (!axis.paths.empty() && column.values.size() != axis.values.size()) {
      problems_.add(leaf.value->at, leaf.dotted,
                    "'" + leaf.dotted + "' in [zip] has " + std::to_string(column.values.size()) +
                        " values (the keys of [zip] go in pairs, and the first has " +
                        std::to_string(axis.values.size()) + "). Give equally many");
      continue;
    }
    axis.paths.push_back(column.path);
    axis.values.resize(column.values.size());
    for (std::size_t i = 0; i < column.values.size(); ++i) {
      axis.values[i].push_back(column.values[i]);
    }
  }
  if (!axis.paths.empty()) {
    sweep_.axes.push_back(std::move(axis));
  }
}

void SweepReader::read_set(Value& set) {
  for (Leaf& leaf : leaves_of(set, problems_)) {
    assign(Layer::kSet, "--set", leaf.parts, *leaf.value);
  }
}

}  // namespace attempt::config
