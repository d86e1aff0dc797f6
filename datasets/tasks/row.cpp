#include "datasets/tasks/row.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/number.h"

namespace attempt::datasets {

BadRow Row::complaint(const std::string& field, BadRowReason reason, std::string got) const {
  return BadRow(path_.empty() ? field : path_ + "." + field, reason, std::move(got));
}

const nlohmann::json* Row::find(std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    const auto found = fields_.find(name);
    if (found != fields_.end()) return &*found;
  }
  return nullptr;
}

const nlohmann::json& Row::require(std::initializer_list<const char*> names) const {
  const nlohmann::json* value = find(names);
  if (value == nullptr)
    throw complaint(*names.begin(), BadRowReason::kMissingField, fields_.dump(-1, ' ', true));
  return *value;
}

const nlohmann::json& Row::at(const char* name) const { return require({name}); }

std::string Row::text(std::initializer_list<const char*> names) const {
  const nlohmann::json& value = require(names);
  if (!value.is_string())
    throw complaint(*names.begin(), BadRowReason::kWrongType, value.dump(-1, ' ', true));
  std::string text = value.get<std::string>();
  if (text.find('\0') != std::string::npos)
    throw complaint(*names.begin(), BadRowReason::kBadUtf8, text);
  notes_->has_empty_text |= text.empty();
  return text;
}

std::vector<std::string> Row::texts(const char* name) const {
  const nlohmann::json& list = at(name);
  if (!list.is_array()) throw complaint(name, BadRowReason::kWrongType, list.dump(-1, ' ', true));
  std::vector<std::string> texts;
  for (const nlohmann::json& text : list) {
    if (!text.is_string()) {
      throw complaint(fmt::format("{}[{}]", name, texts.size()), BadRowReason::kWrongType,
                      text.dump(-1, ' ', true));
    }
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::int64_t Row::integer(const char* name) const {
  const nlohmann::json& value = at(name);
  if (!value.is_number_integer())
    throw complaint(name, BadRowReason::kWrongType, value.dump(-1, ' ', true));
  return value.get<std::int64_t>();
}

Row Row::child(const char* name) const {
  const nlohmann::json& value = at(name);
  if (!value.is_object())
    throw complaint(name, BadRowReason::kWrongType, value.dump(-1, ' ', true));
  return {value, *notes_, path_.empty() ? name : path_ + "." + name};
}

std::vector<Row> Row::children(const char* name) const {
  const nlohmann::json& list = at(name);
  if (!list.is_array()) throw complaint(name, BadRowReason::kWrongType, list.dump(-1, ' ', true));
  std::vector<Row> rows;
  for (const nlohmann::json& value : list) {
    const std::string step = fmt::format("{}[{}]", name, rows.size());
    if (!value.is_object())
      throw complaint(step, BadRowReason::kWrongType, value.dump(-1, ' ', true));
    rows.emplace_back(value, *notes_, path_.empty() ? step : path_ + "." + step);
  }
  return rows;
}

std::optional<std::size_t> Row::class_index(std::initializer_list<const char*> names,
                                            const std::vector<std::string>& classes) const {
  const nlohmann::json* value = find(names);
  if (value == nullptr || value->is_null()) return std::nullopt;
  std::int64_t index = -1;
  if (value->is_boolean()) {
    index = value->get<bool>() ? 1 : 0;
  } else if (value->is_number_integer()) {
    index = value->get<std::int64_t>();
    if (index == -1) return std::nullopt;
  } else if (value->is_string()) {
    const std::string text = value->get<std::string>();
    if (text.empty() || text == "-1") return std::nullopt;
    const auto named = std::find(classes.begin(), classes.end(), text);
    if (named != classes.end()) {
      index = named - classes.begin();
    } else if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') {
      index = text[0] - '0';
    }
  } else {
    throw complaint(*names.begin(), BadRowReason::kWrongType, value->dump(-1, ' ', true));
  }
  if (index < 0 || index >= static_cast<std::int64_t>(classes.size())) {
    throw complaint(*names.begin(), BadRowReason::kUnknownLabel, value->dump(-1, ' ', true));
  }
  return static_cast<std::size_t>(index);
}

std::optional<double> Row::number(std::initializer_list<const char*> names) const {
  const nlohmann::json* value = find(names);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->is_number()) {
    const double found = value->get<double>();
    return found < 0 ? std::nullopt : std::optional<double>(found);
  }
  if (!value->is_string())
    throw complaint(*names.begin(), BadRowReason::kWrongType, value->dump(-1, ' ', true));
  const std::string text = value->get<std::string>();
  if (text.empty()) return std::nullopt;
  const std::optional<double> parsed = parse_number(text);
  if (!parsed) throw complaint(*names.begin(), BadRowReason::kBadNumber, text);
  return parsed;
}

std::string Row::id(std::initializer_list<const char*> names) const {
  const nlohmann::json* value = find(names);
  if (value == nullptr) return "";
  if (value->is_string()) return value->get<std::string>();
  return value->is_number_integer() ? value->dump() : "";
}

}  // namespace attempt::datasets
