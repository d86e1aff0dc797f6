#include "runner/config/value_check.h"

#include <algorithm>
#include <cmath>

#include "runner/config/nearest_name.h"

namespace attempt::config {
namespace {

std::string wrong_type(const Key& key, const std::string& path, const Value& value) {
  return "'" + path + "' is " + value.type_name() + " (it takes " + accepted_values(key) +
         "). Give one of these";
}

std::string check_word(const Key& key, const std::string& path, const std::string& word) {
  if (std::find(key.words.begin(), key.words.end(), word) != key.words.end()) {
    return "";
  }
  if (key.path() == "model.precision" && word == "fp16") {
    return "precision \"fp16\" is refused (T5's activations leave the range of fp16, 65504, and "
           "become infinite). Use \"bf16\" or \"fp32\"";
  }
  return "'" + path + "' is \"" + word + "\" (it takes " + accepted_values(key) + "). " +
         (key.words.empty() ? "Give one of these" : suggestion(word, key.words));
}

std::string check_number(const Key& key, const std::string& path, Value& value) {
  if (key.kind == Kind::kInteger && !value.is_integer()) {
    const double number = value.number();
    if (!(std::abs(number) < 9e15) || number != std::floor(number)) {
      return "'" + path + "' is " + number_text(number) + " (it takes " + accepted_values(key) +
             "). Give a whole number";
    }
    value.data = static_cast<std::int64_t>(number);
  } else if (key.kind == Kind::kNumber && value.is_integer()) {
    value.data = static_cast<double>(value.integer());
  }
  const double number = value.number();
  const bool high_enough = key.above_minimum ? number > key.minimum : number >= key.minimum;
  if (std::isfinite(number) && high_enough && number <= key.maximum) {
    return "";
  }
  std::string limit = accepted_values(key);
  if (number > key.maximum && key.maximum >= 1) {
    limit += ", at most " + (key.kind == Kind::kInteger
                                 ? std::to_string(static_cast<std::int64_t>(key.maximum))
                                 : number_text(key.maximum));
  }
  return "'" + path + "' is " + to_toml(value) + " (it takes " + limit + "). Give such a value";
}

std::string check_names(const Key& key, const std::string& path, const Value& value) {
  if (!value.is_array()) {
    return wrong_type(key, path, value);
  }
  std::vector<std::string> seen;
  for (const Value& item : value.array()) {
    if (!item.is_text()) {
      return "'" + path + "' holds " + item.type_name() + " (it takes " + accepted_values(key) +
             "). Write every name in quotes";
    }
    if (std::find(seen.begin(), seen.end(), item.text()) != seen.end()) {
      return "'" + path + "' names '" + item.text() +
             "' twice (every name counts once). Remove one";
    }
    seen.push_back(item.text());
  }
  return "";
}

std::string check_change(const Key& key, const std::string& path, const Value& value) {
  if (!value.is_table()) {
    return check_names(key, path, value);
  }
  if (value.table().empty()) {
    return wrong_type(key, path, value);
  }
  for (const auto& [name, names] : value.table()) {
    if (name != "add" && name != "remove") {
      return "unknown key '" + path + "." + name + "' ('" + path + "' takes " +
             accepted_values(key) + "). " + suggestion(name, {"add", "remove"});
    }
    std::string problem = check_names(key, path + "." + name, names);
    if (!problem.empty()) return problem;
  }
  return "";
}

std::string check_integers(const Key& key, const std::string& path, const Value& value) {
  const bool are_seeds = key.kind == Kind::kIntegers;
  if (value.is_table() && are_seeds) {
    const Value* count = value.find("count");
    const bool fits = count != nullptr && value.table().size() == 1 && count->is_integer() &&
                      count->integer() >= 1 && count->integer() <= 100000;
    return fits ? ""
                : "'" + path + "' is " + to_toml(value) + " (it takes " + accepted_values(key) +
                      ", n from 1 to 100000). Write { count = 5 }";
  }
  if (!value.is_array()) {
    return wrong_type(key, path, value);
  }
  if (value.array().empty()) {
    return "'" + path + "' is empty " +
           (are_seeds ? "(a trial needs a seed). Give at least one, [42]"
                      : "(nothing would be left). Give at least one number");
  }
  std::vector<std::int64_t> seen;
  for (const Value& item : value.array()) {
    if (!item.is_integer() || static_cast<double>(item.integer()) < key.minimum ||
        static_cast<double>(item.integer()) > key.maximum) {
      return "'" + path + "' holds " + to_toml(item) + " (it takes " + accepted_values(key) +
             "). Give whole numbers from " + std::to_string(static_cast<std::int64_t>(key.minimum));
    }
    const bool is_again = std::find(seen.begin(), seen.end(), item.integer()) != seen.end();
    if (is_again && key.kind != Kind::kCounts) {
      return "'" + path + "' names " + to_toml(item) + " twice (" +
             (are_seeds ? "equal trials would count twice" : "once is enough") + "). Remove one";
    }
    seen.push_back(item.integer());
  }
  return "";
}

std::string check_table(const Key& key, const std::string& path, const Value& value) {
  if (!value.is_table()) {
    return wrong_type(key, path, value);
  }
  for (const auto& [name, member] : value.table()) {
    if (!member.is_text()) {
      return "'" + path + "." + name + "' is " + member.type_name() + " (it takes a string). " +
             "Write it in quotes";
    }
  }
  return "";
}

}  // namespace

std::string check_value(const Key& key, const std::string& path, Value& value) {
  switch (key.kind) {
    case Kind::kBoolean:
      return value.is_boolean() ? "" : wrong_type(key, path, value);
    case Kind::kInteger:
    case Kind::kNumber:
      if (value.is_text() && !key.words.empty()) {
        return check_word(key, path, value.text());
      }
      return value.is_number() ? check_number(key, path, value) : wrong_type(key, path, value);
    case Kind::kWord:
      return value.is_text() ? check_word(key, path, value.text()) : wrong_type(key, path, value);
    case Kind::kText:
    case Kind::kPath:
      return value.is_text() ? "" : wrong_type(key, path, value);
    case Kind::kNames:
      return check_names(key, path, value);
    case Kind::kNamesOrChange:
      return check_change(key, path, value);
    case Kind::kIntegers:
    case Kind::kIndices:
    case Kind::kCounts:
      return check_integers(key, path, value);
    case Kind::kTable:
      return check_table(key, path, value);
    case Kind::kNamesOrTable:
      if (value.is_table()) return check_table(key, path, value);
      return value.is_array() ? check_names(key, path, value) : wrong_type(key, path, value);
    case Kind::kSection:
      return value.is_table() ? "" : wrong_type(key, path, value);
    case Kind::kTables:
      return value.is_array() ? "" : wrong_type(key, path, value);  // the reader sees to the tables
  }
  return "";
}

}  // namespace attempt::config
