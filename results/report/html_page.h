#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "results/report/text_table.h"

namespace attempt::results {

/// A part of the page: heading, where its plot goes ("" for none), tables, and HTML made elsewhere.
struct PageSection {
  std::string id;
  std::string title;
  std::string plot_id;
  std::vector<TextTable> tables;
  std::string html;
};

struct Page {
  std::string title;
  std::vector<PageSection> sections;
  std::string plot_data;  ///< JSON
  std::string plotly;     ///< the browser bundle; "" draws no plots, and the page says so
};

/// One self-contained HTML file: style, script and data are inside, nothing is fetched.
std::string render_page(const Page& page);

}  // namespace attempt::results
