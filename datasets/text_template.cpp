#include "datasets/text_template.h"

#include <fmt/format.h>

#include <stdexcept>

namespace attempt::datasets {

TextTemplate::TextTemplate(std::string_view text) : texts_(1) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_brace = text[i] == '{' || text[i] == '}';
    if (is_brace && i + 1 < text.size() && text[i + 1] == text[i]) {
      texts_.back() += text[i++];
    } else if (text[i] == '}') {
      throw std::invalid_argument("'}' closes nothing (a brace of the text is written '}}')");
    } else if (text[i] == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos)
        throw std::invalid_argument("'{' is not closed (a brace of the text is written '{{')");
      const std::string_view name = text.substr(i + 1, end - i - 1);
      if (name.empty() || name.find('{') != std::string_view::npos)
        throw std::invalid_argument(fmt::format(
            "'{{{}}}' names no field (a placeholder is a field's name in braces)", name));
      fields_.emplace_back(name);
      texts_.emplace_back();
      i = end;
    } else {
      texts_.back() += text[i];
    }
  }
}

std::string TextTemplate::only_field() const {
  const bool is_alone = fields_.size() == 1 && texts_[0].empty() && texts_[1].empty();
  return is_alone ? fields_[0] : "";
}

std::string TextTemplate::fill(const Row& row) const {
  std::string text = texts_[0];
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    text += field_text(row, fields_[i]);
    text += texts_[i + 1];
  }
  return text;
}

std::string field_text(const Row& row, const std::string& field) {
  const std::size_t dot = field.find('.');
  if (!row.has(field.c_str()) && dot != std::string::npos && row.has(field.substr(0, dot).c_str()))
    return field_text(row.child(field.substr(0, dot).c_str()), field.substr(dot + 1));
  const nlohmann::json& value = row.at(field.c_str());
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (!value.is_array()) return row.text({field.c_str()});
  std::string joined;
  for (const std::string& text : row.texts(field.c_str()))
    joined += (joined.empty() ? "" : " ") + text;
  return joined;
}

}  // namespace attempt::datasets
