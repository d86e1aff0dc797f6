#include "demo/full/official_files.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "demo/text_file.h"

namespace attempt::demo::full {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// One line of a file, without its end.
using RowText = std::function<std::string(const Example&, std::size_t)>;
using RowJson = std::function<json(const Example&, std::size_t)>;

std::string lines(const std::vector<Example>& examples, const RowText& row_text) {
  std::string text;
  for (std::size_t i = 0; i < examples.size(); ++i) text += row_text(examples[i], i) + "\n";
  return text;
}

std::string json_lines(const std::vector<Example>& examples, const RowJson& row) {
  return lines(examples, [&row](const Example& e, std::size_t i) { return row(e, i).dump(); });
}

// --- GLUE ---------------------------------------------------------------------------------------

struct Table {
  const char* folder;
  const char* header;  ///< "" for none
  RowText row;
};

const char* entailment_label(int label) { return label == 0 ? "entailment" : "not_entailment"; }

const std::map<std::string, Table>& glue_tables() {
  static const std::map<std::string, Table> tables = {
      {"qqp",
       {"QQP", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n",
        [](const Example& e, std::size_t i) {
          return fmt::format("{}\t{}\t{}\t{}\t{}\t{}", i, 2 * i, 2 * i + 1, e.first, e.second,
                             e.label);
        }}},
      {"qnli",
       {"QNLI", "index\tquestion\tsentence\tlabel\n",
        [](const Example& e, std::size_t i) {
          return fmt::format("{}\t{}\t{}\t{}", i, e.first, e.second, entailment_label(e.label));
        }}},
      {"sst2",
       {"SST-2", "sentence\tlabel\n",
        [](const Example& e, std::size_t) { return fmt::format("{} \t{}", e.first, e.label); }}},
      {"stsb",
       {"STS-B",
        "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n",
        [](const Example& e, std::size_t i) {
          return fmt::format("{}\tdemo\tdemo\t2022\t{}\tnone\tnone\t{}\t{}\t{}.000", i, i, e.first,
                             e.second, e.label);
        }}},
      {"mrpc",
       {"MRPC", "\xEF\xBB\xBFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n",
        [](const Example& e, std::size_t i) {
          return fmt::format("{}\t{}\t{}\t{}\t{}", e.label, 2 * i, 2 * i + 1, e.first, e.second);
        }}},
      {"rte",
       {"RTE", "index\tsentence1\tsentence2\tlabel\n",
        [](const Example& e, std::size_t i) {
          return fmt::format("{}\t{}\t{}\t{}", i, e.first, e.second, entailment_label(e.label));
        }}},
      {"cola", {"CoLA", "", [](const Example& e, std::size_t) {
                  return fmt::format("demo\t{}\t{}\t{}", e.label, e.label == 0 ? "*" : "", e.first);
                }}}};
  return tables;
}

void write_mnli(const fs::path& folder, const Splits& splits) {
  const char* names[] = {"entailment", "neutral", "contradiction"};
  const std::string columns =
      "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
      "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\t";
  const auto text = [&](const std::vector<Example>& examples, const std::string& more_columns,
                        std::size_t more_labels) {
    return columns + more_columns + "gold_label\n" +
           lines(examples, [&](const Example& e, std::size_t i) {
             std::string row =
                 fmt::format("{}\t{}\t{}n\tdemo\t-\t-\t-\t-\t{}\t{}", i, i, i, e.first, e.second);
             for (std::size_t n = 0; n < more_labels + 2; ++n) {
               row += fmt::format("\t{}", names[e.label]);
             }
             return row;
           });
  };
  const std::string annotators = "label2\tlabel3\tlabel4\tlabel5\t";
  write_text(folder / "train.tsv", text(splits.train, "", 0));
  write_text(folder / "dev_mismatched.tsv", text(splits.validation, annotators, 4));
  write_text(folder / "dev_matched.tsv", text(splits.test, annotators, 4));
}

// --- SuperGLUE ----------------------------------------------------------------------------------

json wsc_row(const Example& e, std::size_t i) {
  return {{"text", e.first},
          {"target",
           {{"span1_text", e.second},
            {"span1_index", e.first_word},
            {"span2_text", "it"},
            {"span2_index", e.second_word}}},
          {"label", e.label == 1},
          {"idx", i}};
}

json multirc_row(const Example& e, std::size_t i) {
  json answers = json::array();
  for (std::size_t n = 0; n < e.choices.size(); ++n) {
    const std::size_t choice = (n + i) % e.choices.size();  // the right one stands anywhere
    answers.push_back({{"text", e.choices[choice]}, {"idx", n}, {"label", choice == 0 ? 1 : 0}});
  }
  return {{"idx", i},
          {"version", 2},
          {"passage",
           {{"text", e.first},
            {"questions", {{{"question", e.second}, {"idx", i}, {"answers", answers}}}}}}};
}

/// `end` is inclusive. @param begin  of the text in the passage
json span(std::size_t begin, const std::string& text) {
  return {{"start", begin}, {"end", begin + text.size() - 1}};
}

json record_row(const Example& e, std::size_t i) {
  json entities = json::array();
  for (const std::string& entity : e.choices) {
    // An entity is a word: nothing but a letter may not stand in front of it.
    std::size_t begin = e.first.find(entity);
    while (begin > 0 && std::isalpha(static_cast<unsigned char>(e.first[begin - 1])) != 0) {
      begin = e.first.find(entity, begin + 1);
    }
    entities.push_back(span(begin, entity));
  }
  json answer = span(e.begin, e.answer);
  answer["text"] = e.answer;
  return {{"source", "Demo"},
          {"passage", {{"text", e.first}, {"entities", entities}}},
          {"qas", {{{"query", e.second}, {"answers", {answer}}, {"idx", i}}}},
          {"idx", i}};
}

struct JsonTask {
  const char* folder;
  RowJson row;
};

const std::map<std::string, JsonTask>& superglue_tasks() {
  static const std::map<std::string, JsonTask> tasks = {
      {"boolq",
       {"BoolQ",
        [](const Example& e, std::size_t i) -> json {
          return {
              {"question", e.second}, {"passage", e.first}, {"idx", i}, {"label", e.label == 1}};
        }}},
      {"cb",
       {"CB",
        [](const Example& e, std::size_t i) -> json {
          const char* names[] = {"entailment", "contradiction", "neutral"};
          return {{"premise", e.first},
                  {"hypothesis", e.second},
                  {"label", names[e.label]},
                  {"idx", i}};
        }}},
      {"wic",
       {"WiC",
        [](const Example& e, std::size_t i) -> json {
          const std::size_t start1 = e.first.find(e.third);
          const std::size_t start2 = e.second.find(e.third);
          return {{"word", e.third},
                  {"sentence1", e.first},
                  {"sentence2", e.second},
                  {"start1", start1},
                  {"end1", start1 + e.third.size()},
                  {"start2", start2},
                  {"end2", start2 + e.third.size()},
                  {"version", 1.1},
                  {"label", e.label == 1},
                  {"idx", i}};
        }}},
      {"wsc", {"WSC", wsc_row}},
      {"multirc", {"MultiRC", multirc_row}},
      {"record", {"ReCoRD", record_row}}};
  return tasks;
}

// --- question answering --------------------------------------------------------------------------

std::string squad_document(const std::vector<Example>& examples, const std::string& split) {
  json paragraphs = json::array();
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Example& e = examples[i];
    const json answer = {{"text", e.answer}, {"answer_start", e.begin}};
    paragraphs.push_back({{"context", e.first},
                          {"qas",
                           {{{"id", fmt::format("{}{:05}", split, i)},
                             {"question", e.second},
                             {"answers", {answer}}}}}});
  }
  return json{{"version", "1.1"}, {"data", {{{"title", "demo"}, {"paragraphs", paragraphs}}}}}
      .dump();
}

/// [["word", offset], ...]
json tokens(const std::string& text) {
  json list = json::array();
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) list.push_back({text.substr(begin, end - begin), begin});
    begin = end + 1;
  }
  return list;
}

std::string mrqa_lines(const std::vector<Example>& examples, const std::string& set,
                       const std::string& split) {
  const json header = {{"header", {{"dataset", set}, {"split", split}}}};
  return header.dump() + "\n" + json_lines(examples, [&](const Example& e, std::size_t i) -> json {
           const std::size_t end = e.begin + e.answer.size() - 1;  // inclusive
           const json context_tokens = tokens(e.first);
           std::size_t number = 0;
           while (number + 1 < context_tokens.size() &&
                  context_tokens[number + 1][1].get<std::size_t>() <= e.begin) {
             ++number;
           }
           const json detected = {{"text", e.answer},
                                  {"char_spans", {{e.begin, end}}},
                                  {"token_spans", {{number, number}}}};
           return {{"id", ""},
                   {"context", e.first},
                   {"context_tokens", context_tokens},
                   {"qas",
                    {{{"qid", fmt::format("{}-{}-{}", set, split, i)},
                      {"id", ""},
                      {"question", e.second},
                      {"question_tokens", tokens(e.second)},
                      {"detected_answers", {detected}},
                      {"answers", {e.answer}}}}}};
         });
}

// --- others --------------------------------------------------------------------------------------

std::string yelp_csv(const std::vector<Example>& examples) {
  return lines(examples, [](const Example& e, std::size_t) {
    std::string text;  // line breaks are written as backslash and n
    for (const char c : e.first) text += c == '\n' ? "\\n" : std::string(1, c);
    return fmt::format("\"{}\",\"{}\"", e.label + 1, text);
  });
}

void write_winogrande(const fs::path& folder, const Splits& splits) {
  for (const auto& [name, examples] :
       {std::pair{"train_xl", &splits.train}, std::pair{"dev", &splits.test}}) {
    const std::string split = name;
    write_text(folder / (split + ".jsonl"),
               json_lines(*examples, [&split](const Example& e, std::size_t i) -> json {
                 return {{"qID", fmt::format("{}-{}", split, i)},
                         {"sentence", e.first},
                         {"option1", e.choices[0]},
                         {"option2", e.choices[1]},
                         {"answer", std::to_string(e.label + 1)}};
               }));
    write_text(folder / (split + "-labels.lst"),
               lines(*examples,
                     [](const Example& e, std::size_t) { return std::to_string(e.label + 1); }));
  }
}

json scitail_row(const Example& e, std::size_t i) {
  return {{"sentence1", e.first},
          {"sentence2", e.second},
          {"gold_label", e.label == 0 ? "entailment" : "neutral"},
          {"pairID", fmt::format("demo-{}", i)}};
}

json own_row(const TaskCard& card, const Example& e, std::size_t i) {
  if (card.name == "tagging") return {{"id", i}, {"text", e.first}, {"tags", e.answer}};
  return {{"id", i}, {"text", e.first}, {"label", e.label == 1 ? "praise" : "blame"}};
}

/// Files "train", "validation" and "test" by the names that the archive gives them.
void write_three(const fs::path& folder, const Splits& splits,
                 const std::array<std::string, 3>& names,
                 const std::function<std::string(const std::vector<Example>&)>& text) {
  write_text(folder / names[0], text(splits.train));
  write_text(folder / names[1], text(splits.validation));
  write_text(folder / names[2], text(splits.test));
}

}  // namespace

void write_task(const fs::path& root, const TaskCard& card, const Splits& splits) {
  const std::string& name = card.name;
  if (const auto table = glue_tables().find(name); table != glue_tables().end()) {
    const fs::path folder = root / "glue" / table->second.folder;
    const std::string header = table->second.header;
    write_text(folder / "train.tsv", header + lines(splits.train, table->second.row));
    write_text(folder / "dev.tsv", header + lines(splits.test, table->second.row));
    return;
  }
  if (const auto task = superglue_tasks().find(name); task != superglue_tasks().end()) {
    const fs::path folder = root / "superglue" / task->second.folder;
    write_text(folder / "train.jsonl", json_lines(splits.train, task->second.row));
    write_text(folder / "val.jsonl", json_lines(splits.test, task->second.row));
    return;
  }
  const std::map<std::string, std::string> mrqa = {{"nq", "NaturalQuestionsShort"},
                                                   {"hotpotqa", "HotpotQA"},
                                                   {"searchqa", "SearchQA"},
                                                   {"newsqa", "NewsQA"}};
  if (const auto set = mrqa.find(name); set != mrqa.end()) {
    const std::string file = set->second + ".jsonl.gz";
    write_gzip(root / "mrqa/train" / file, mrqa_lines(splits.train, set->second, "train"));
    write_gzip(root / "mrqa/dev" / file, mrqa_lines(splits.test, set->second, "dev"));
  } else if (name == "mnli") {
    write_mnli(root / "glue/MNLI", splits);
  } else if (name == "squad") {
    write_text(root / "squad/train-v1.1.json", squad_document(splits.train, "train"));
    write_text(root / "squad/dev-v1.1.json", squad_document(splits.test, "dev"));
  } else if (name == "winogrande") {
    write_winogrande(root / "winogrande_1.1", splits);
  } else if (name == "yelp") {
    write_text(root / "yelp_review_polarity_csv/train.csv", yelp_csv(splits.train));
    write_text(root / "yelp_review_polarity_csv/test.csv", yelp_csv(splits.test));
  } else if (name == "scitail") {
    write_three(root / "SciTailV1.1/snli_format", splits,
                {"scitail_1.0_train.txt", "scitail_1.0_dev.txt", "scitail_1.0_test.txt"},
                [](const std::vector<Example>& rows) { return json_lines(rows, scitail_row); });
  } else if (name == "paws") {
    write_three(root / "paws/final", splits, {"train.tsv", "dev.tsv", "test.tsv"},
                [](const std::vector<Example>& rows) {
                  return "id\tsentence1\tsentence2\tlabel\n" +
                         lines(rows, [](const Example& e, std::size_t i) {
                           return fmt::format("{}\t{}\t{}\t{}", i + 1, e.first, e.second, e.label);
                         });
                });
  } else {
    write_three(root / "own" / name, splits, {"train.jsonl", "validation.jsonl", "test.jsonl"},
                [&card](const std::vector<Example>& rows) {
                  return json_lines(rows, [&card](const Example& e, std::size_t i) {
                    return own_row(card, e, i);
                  });
                });
  }
}

}  // namespace attempt::demo::full
