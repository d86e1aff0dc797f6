#include "results/report/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <system_error>

#include "results/publish.h"
#include "results/report/attention.h"
#include "results/report/cost_tables.h"
#include "results/report/forecast_table.h"
#include "results/report/html_page.h"
#include "results/report/method_tables.h"
#include "results/report/plot_data.h"
#include "results/report/score_tables.h"
#include "results/report/search_tables.h"
#include "results/report/seed_needs.h"
#include "results/report/similarity.h"
#include "results/report/size_table.h"
#include "results/report/task_relations.h"
#include "results/report/trial_list.h"
#include "results/store_error.h"

namespace attempt::results {

namespace fs = std::filesystem;

namespace {

std::set<std::string> source_tasks(const std::vector<StudyContent>& studies) {
  std::set<std::string> tasks;
  for (const StudyContent& study : studies) {
    for (const ReportTrial& trial : study.trials) {
      if (trial.entry.phase != "source" || trial.entry.label.starts_with("SPoT probe")) continue;
      tasks.insert(trial.entry.tasks.begin(), trial.entry.tasks.end());
    }
  }
  return tasks;
}

/// Of all studies; named with their study where there are several.
std::vector<SearchResult> all_searches(const std::vector<StudyContent>& studies) {
  std::vector<SearchResult> searches;
  for (const StudyContent& study : studies) {
    for (const SearchResult& search : study.searches) {
      searches.push_back(search);
      if (studies.size() > 1) searches.back().label += " [" + study.name + "]";
    }
  }
  return searches;
}

std::string summary_html(const std::vector<StudyContent>& studies) {
  std::string html;
  for (const StudyContent& study : studies) {
    const std::int64_t done = study.count(TrialStatus::kSucceeded);
    html += fmt::format(
        "<p><strong>{}</strong> ({}): {} trials, {} succeeded, {} failed, {} running, {} "
        "waiting.{}</p>\n",
        escape_html(study.name), escape_html(study.folder.root().string()), study.trials.size(),
        done, study.count(TrialStatus::kFailed), study.count(TrialStatus::kRunning),
        study.count(TrialStatus::kWaiting), done == 0 ? " No trial has finished yet." : "");
    std::vector<std::string> notes = study.warnings;
    if (study.others > 0) {
      notes.push_back(fmt::format(
          "{} trial files of earlier sweeps lie in this folder and are left out.", study.others));
    }
    if (notes.empty()) continue;
    html += "<ul class=\"notes\">";
    for (const std::string& note : notes) html += "<li>" + escape_html(note) + "</li>";
    html += "</ul>\n";
  }
  return html;
}

void write(const fs::path& path, const std::string& text, std::vector<fs::path>& written) {
  replace_file(path, text);
  written.push_back(path);
}

void write_tables(const fs::path& folder, const std::vector<TextTable>& tables,
                  std::vector<fs::path>& written) {
  for (const TextTable& table : tables) {
    if (table.lines.empty()) continue;
    write(folder / (table.id + ".md"), to_markdown(table), written);
    write(folder / (table.id + ".csv"), to_csv(table), written);
    write(folder / (table.id + ".tex"), to_latex(table), written);
  }
}

std::string page_title(const std::vector<StudyContent>& studies) {
  std::vector<std::string> names;
  for (const StudyContent& study : studies) names.push_back(study.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<fs::path> write_report(const std::vector<StudyContent>& studies,
                                   const ReportOptions& options) {
  const fs::path tables_folder = options.folder / "tables";
  std::error_code error;
  fs::create_directories(tables_folder, error);
  if (error) {
    throw StoreError(tables_folder.string(),
                     "cannot be made (" + error.message() + "). Name another folder with --out.");
  }
  const ScoreGrid grid = make_score_grid(studies);
  const std::vector<CostPoint> points = cost_points(studies, grid);
  const std::vector<AttentionRow> attention = attention_rows(studies);
  const std::vector<PromptSimilarity> similarity = prompt_similarity(studies);
  std::vector<TextTable> relations = similarity_tables(similarity);
  for (TextTable& table : task_relation_tables(studies)) relations.push_back(std::move(table));
  const std::vector<SearchResult> searches = all_searches(studies);
  const std::vector<TextTable> scores = score_tables(grid, source_tasks(studies));
  const std::vector<PageSection> sections = {
      {"summary", "Summary", "", {}, summary_html(studies)},
      {"tables", "Scores", "", scores, ""},
      {"comparisons", "Comparisons over tasks", "", {comparison_table(grid)}, ""},
      {"published", "Published figures", "", {published_table(grid)}, ""},
      {"curves", "Learning curves", "plot-curves", {speed_table(grid)}, ""},
      {"cost",
       "Score, parameters and hours",
       "plot-cost",
       {parameter_table(grid), size_table(grid), pareto_table(points), cost_table(grid),
        forecast_table(studies)},
       ""},
      {"seeds",
       "Spread over seeds",
       "plot-seeds",
       {all_scores_table(grid), seed_needs_table(grid)},
       ""},
      {"attention", "Attention over prompts", "plot-attention", {attention_table(attention)}, ""},
      {"similarity", "Prompt similarity", "plot-similarity", relations, ""},
      {"searches", "Searches", "plot-history", {search_table(searches)}, ""},
      {"hyperparameters", "Hyperparameters", "plot-parallel", {configuration_table(searches)}, ""},
      {"importance",
       "Importance of hyperparameters",
       "plot-importance",
       {importance_table(searches)},
       ""},
      {"failures", "Failures", "", {}, failure_list(studies)},
      {"trials", "Trials", "", {}, trial_list(studies, options.folder)}};

  std::vector<fs::path> written;
  for (const PageSection& section : sections) write_tables(tables_folder, section.tables, written);
  write(options.folder / "index.html",
        render_page({page_title(studies), sections,
                     plot_data({grid, points, attention, similarity, searches}), options.plotly}),
        written);
  return written;
}

}  // namespace attempt::results
