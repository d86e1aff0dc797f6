#include "results/report/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace attempt::results {

namespace {

struct Replacement {
  char sign;
  const char* text;
};

std::string replaced(const std::string& text, std::initializer_list<Replacement> replacements) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    const auto* found = std::find_if(replacements.begin(), replacements.end(),
                                     [c](const Replacement& each) { return each.sign == c; });
    if (found == replacements.end()) {
      result += c;
    } else {
      result += found->text;
    }
  }
  return result;
}

/// A pipe would end the field, a line break the row; the rest keeps names from becoming markup.
std::string escape_markdown(const std::string& text) {
  return replaced(text, {{'|', "\\|"}, {'\n', " "}, {'<', "&lt;"}, {'*', "\\*"}, {'_', "\\_"}});
}

std::string escape_latex(const std::string& text) {
  std::string result = replaced(text, {{'\\', "\\textbackslash{}"},
                                       {'&', "\\&"},
                                       {'%', "\\%"},
                                       {'$', "\\$"},
                                       {'#', "\\#"},
                                       {'_', "\\_"},
                                       {'{', "\\{"},
                                       {'}', "\\}"},
                                       {'~', "\\textasciitilde{}"},
                                       {'^', "\\textasciicircum{}"},
                                       {'\n', " "}});
  for (const auto& [symbol, command] :
       {std::pair{"±", "$\\pm$"}, {"≈", "$\\approx$"}, {"≥", "$\\geq$"}, {"–", "--"}}) {
    for (std::size_t at = result.find(symbol); at != std::string::npos; at = result.find(symbol)) {
      result.replace(at, std::string(symbol).size(), command);
    }
  }
  return result;
}

}  // namespace

std::string escape_html(const std::string& text) {
  return replaced(text,
                  {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}});
}

std::string escape_csv(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  return "\"" + replaced(text, {{'"', "\"\""}}) + "\"";
}

std::string to_markdown(const TextTable& table) {
  std::string result = "## " + escape_markdown(table.title) + "\n\n|";
  for (const std::string& column : table.columns) result += " " + escape_markdown(column) + " |";
  result += "\n|";
  for (std::size_t i = 0; i < table.columns.size(); ++i) result += i == 0 ? "---|" : "---:|";
  for (const auto& line : table.lines) {
    result += "\n|";
    for (const TableField& field : line) {
      const std::string text = escape_markdown(field.text);
      result += field.is_bold ? " **" + text + "** |" : " " + text + " |";
    }
  }
  result += "\n";
  for (const std::string& note : table.notes) result += "\n* " + escape_markdown(note);
  return result + (table.notes.empty() ? "" : "\n");
}

std::string to_csv(const TextTable& table) {
  std::string result;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    result += (i > 0 ? "," : "") + escape_csv(table.columns[i]);
  }
  result += "\r\n";
  for (const auto& line : table.lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      result += (i > 0 ? "," : "") + escape_csv(line[i].text);
    }
    result += "\r\n";
  }
  return result;
}

std::string to_latex(const TextTable& table) {
  std::string result = "% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{" +
                       escape_latex(table.title) + "}\n\\begin{tabular}{l" +
                       std::string(table.columns.size() - 1, 'r') + "}\n\\toprule\n";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    result += (i > 0 ? " & " : "") + escape_latex(table.columns[i]);
  }
  result += " \\\\\n\\midrule\n";
  for (const auto& line : table.lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string text = escape_latex(line[i].text);
      result += (i > 0 ? " & " : "") + (line[i].is_bold ? "\\textbf{" + text + "}" : text);
    }
    result += " \\\\\n";
  }
  result += "\\bottomrule\n\\end{tabular}\n";
  for (const std::string& note : table.notes)
    result += "\\par\\footnotesize " + escape_latex(note) + "\n";
  return result + "\\end{table}\n";
}

std::string to_html(const TextTable& table) {
  std::string result = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">"
      "<table id=\"table-{1}\"><caption>{0}</caption><thead><tr>",
      escape_html(table.title), escape_html(table.id));
  for (const std::string& column : table.columns) {
    result += "<th scope=\"col\">" + escape_html(column) + "</th>";
  }
  result += "</tr></thead><tbody>";
  for (const auto& line : table.lines) {
    result += "\n<tr>";
    for (std::size_t i = 0; i < line.size(); ++i) {
      const TableField& field = line[i];
      std::string text = escape_html(field.text);
      if (field.is_bold) text = "<strong>" + text + "</strong>";
      if (!field.trial_id.empty()) {
        text = fmt::format("<a href=\"#trial-{}\">{}</a>", escape_html(field.trial_id), text);
      }
      const std::string title =
          field.detail.empty() ? "" : " title=\"" + escape_html(field.detail) + "\"";
      result += i == 0 ? "<th scope=\"row\"" + title + ">" + text + "</th>"
                       : "<td" + title + ">" + text + "</td>";
    }
    result += "</tr>";
  }
  result += "</tbody></table></div>\n";
  if (table.notes.empty()) return result;
  result += "<ul class=\"notes\">";
  for (const std::string& note : table.notes) result += "<li>" + escape_html(note) + "</li>";
  return result + "</ul>\n";
}

}  // namespace attempt::results
