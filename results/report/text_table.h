#pragma once

#include <string>
#include <vector>

namespace attempt::results {

/// A field of a table as it is shown.
struct TableField {
  std::string text;
  bool is_bold = false;
  std::string trial_id = "";  ///< the trial that the field links to; "" for none
  std::string detail = "";    ///< shown on hovering
};

/// A table ready to be written in any format.
struct TextTable {
  std::string id;  ///< file name and anchor
  std::string title;
  std::vector<std::string> columns;  ///< the first one names the rows
  std::vector<std::vector<TableField>> lines;
  std::vector<std::string> notes;
};

std::string to_markdown(const TextTable& table);
/// RFC 4180, texts as shown; notes are left out.
std::string to_csv(const TextTable& table);
/// A table environment in booktabs style; characters that LaTeX reads are escaped.
std::string to_latex(const TextTable& table);
/// With a caption and column scopes; texts are escaped.
std::string to_html(const TextTable& table);

/// For text and attribute values of HTML.
std::string escape_html(const std::string& text);

/// A field of RFC 4180.
std::string escape_csv(const std::string& text);

}  // namespace attempt::results
