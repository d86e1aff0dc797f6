#include "results/report/html_page.h"

#include "results/report/embedded_files.h"

namespace attempt::results {

namespace {

bool is_empty(const PageSection& section) {
  for (const TextTable& table : section.tables) {
    if (!table.lines.empty()) return false;
  }
  return section.html.empty();
}

void add_section(std::string& page, const PageSection& section, bool has_plots) {
  page += "<section aria-labelledby=\"" + section.id + "\"><h2 id=\"" + section.id + "\">" +
          escape_html(section.title) + "</h2>\n" + section.html;
  if (has_plots && !section.plot_id.empty()) {
    page += "<div class=\"plot\" id=\"" + section.plot_id + "\" role=\"img\" aria-label=\"" +
            escape_html(section.title) + ": the tables below hold its numbers\" hidden></div>\n";
  }
  for (const TextTable& table : section.tables) {
    if (!table.lines.empty()) page += to_html(table);
  }
  page += "</section>\n";
}

}  // namespace

std::string render_page(const Page& page) {
  const std::string title = escape_html(page.title);
  const bool has_plots = !page.plotly.empty();
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<link rel=\"icon\" href=\"data:,\"><title>" +
      title + "</title>\n<style>" + kReportStyle +
      "</style></head>\n<body><a class=\"skip\" href=\"#main\">To the content</a><header><h1>" +
      title + "</h1><nav aria-label=\"Sections\"><ul>";
  for (const PageSection& section : page.sections) {
    if (is_empty(section)) continue;
    html += "<li><a href=\"#" + section.id + "\">" + escape_html(section.title) + "</a></li>";
  }
  html += "</ul></nav></header>\n<main id=\"main\">\n";
  if (!has_plots) {
    html +=
        "<p>Tables only: the plotting library was not found when this page was made "
        "(./quickstart --build-only fetches it).</p>\n";
  }
  for (const PageSection& section : page.sections) {
    if (!is_empty(section)) add_section(html, section, has_plots);
  }
  html += "</main>\n";
  if (has_plots) {
    html += "<script type=\"application/json\" id=\"plot-data\">" + page.plot_data +
            "</script>\n<script>" + page.plotly + "</script>\n<script>" + kReportScript +
            "</script>\n";
  }
  return html + "</body></html>\n";
}

}  // namespace attempt::results
