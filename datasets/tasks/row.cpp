#include "datasets/tasks/row.h"

#include <algorithm>

#include "datasets/bad_row.h"
#include "datasets/number.h"

namespace attempt::datasets {

const nlohmann::json* Row::find(std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    const auto found = fields_.find(name);
    if (found != fields_.end()) return &*found;
  }
  return nullptr;
}

const nlohmann::json& Row::at(const char* name) const {
  const nlohmann::json* value = find({name});
  if (value == nullptr)
    throw BadRow(name, BadRowReason::kMissingField, fields_.dump(-1, ' ', true));
  return *value;
}

std::string Row::text(std::initializer_list<const char*> names) const {
  const nlohmann::json* value = find(names);
  if (value == nullptr)
    throw BadRow(*names.begin(), BadRowReason::kMissingField, fields_.dump(-1, ' ', true));
  if (!value->is_string()) throw BadRow(*names.begin(), BadRowReason::kWrongType, value->dump());
  return value->get<std::string>();
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
    throw BadRow(*names.begin(), BadRowReason::kWrongType, value->dump());
  }
  if (index < 0 || index >= static_cast<std::int64_t>(classes.size())) {
    throw BadRow(*names.begin(), BadRowReason::kUnknownLabel, value->dump());
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
  if (!value->is_string()) throw BadRow(*names.begin(), BadRowReason::kWrongType, value->dump());
  const std::string text = value->get<std::string>();
  if (text.empty()) return std::nullopt;
  const std::optional<double> parsed = parse_number(text);
  if (!parsed) throw BadRow(*names.begin(), BadRowReason::kBadNumber, text);
  return parsed;
}

std::string Row::id(std::initializer_list<const char*> names) const {
  const nlohmann::json* value = find(names);
  if (value == nullptr) return "";
  if (value->is_string()) return value->get<std::string>();
  return value->is_number_integer() ? value->dump() : "";
}

}  // namespace attempt::datasets
