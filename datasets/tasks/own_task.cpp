#include "datasets/tasks/own_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "datasets/number.h"
#include "datasets/task_definition.h"
#include "datasets/text_template.h"

namespace attempt::datasets {

namespace {

/// Rows whose fields are looked at before a file is read.
constexpr std::int64_t kLookedAt = 1000;

const std::string kNoLabel = "-1";  // Hugging Face's mark of unlabelled rows

std::vector<std::string> written_labels(const TaskDefinition& definition) {
  std::vector<std::string> written;
  for (const LabelText& label : definition.labels) written.push_back(label.in_file);
  return written;
}

/// Whether the files' own words are numbers, so that a number is a word and no class index.
bool has_number_words(const TaskDefinition& definition) {
  return std::any_of(
      definition.labels.begin(), definition.labels.end(),
      [](const LabelText& label) { return parse_number(label.in_file).has_value(); });
}

/// The text of a row's class: its word in the file, its place in the list as an integer, or, of
/// two, as false and true. Nothing for an unlabelled row.
std::optional<std::string> class_text(const TaskDefinition& definition, const std::string& field,
                                      const std::string& written) {
  const auto& labels = definition.labels;
  const auto named = std::find_if(labels.begin(), labels.end(),
                                  [&](const LabelText& label) { return label.in_file == written; });
  if (named != labels.end()) return named->text;
  if (written.empty() || written == kNoLabel) return std::nullopt;
  const bool is_boolean = labels.size() == 2 && (written == "false" || written == "true");
  if (is_boolean) return labels[written == "true" ? 1 : 0].text;
  const bool is_index =
      !has_number_words(definition) && written.size() <= 6 &&
      std::all_of(written.begin(), written.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (is_index && std::stoul(written) < labels.size()) return labels[std::stoul(written)].text;
  throw BadRow(field, BadRowReason::kUnknownLabel, written);
}

/// How rows of a task become examples.
class OwnRowReader {
 public:
  explicit OwnRowReader(std::shared_ptr<const TaskDefinition> definition)
      : definition_(std::move(definition)),
        source_(definition_->source),
        target_(definition_->target) {}

  std::vector<Example> operator()(const Row& row, const Task&, const DataRules&) const {
    Example example;
    if (!definition_->id.empty()) {
      example.id = field_text(row, definition_->id);
    } else {
      example.id = row.id({"id", "idx"});
    }
    example.source = source_.fill(row);
    if (!definition_->references.empty()) {
      example.references = row.texts(definition_->references.c_str());
      if (!example.references.empty()) example.target = example.references.front();
    }
    const std::optional<std::string> target = target_text(row);
    if (target) {
      example.target = *target;
      if (example.references.empty()) example.references = {*target};
    }
    return {example};
  }

 private:
  /// Nothing for an unlabelled row, and where the first reference is the target.
  std::optional<std::string> target_text(const Row& row) const {
    if (definition_->target.empty()) return std::nullopt;
    const std::string field = target_.only_field();
    const bool is_absent = !field.empty() && field.find('.') == std::string::npos &&
                           (!row.has(field.c_str()) || row.at(field.c_str()).is_null());
    if (is_absent) return std::nullopt;
    const std::string text = target_.fill(row);
    if (!definition_->labels.empty()) return class_text(*definition_, field, text);
    return text.empty() ? std::nullopt : std::optional(text);
  }

  std::shared_ptr<const TaskDefinition> definition_;
  TextTemplate source_;
  TextTemplate target_;
};

struct NeededField {
  std::string key;  ///< of the definition
  std::string name;
};

std::vector<NeededField> needed_fields(const TaskDefinition& definition) {
  std::vector<NeededField> needed;
  for (const TextTemplate text(definition.source); const std::string& name : text.fields())
    needed.push_back({"source", name});
  for (const TextTemplate text(definition.target); const std::string& name : text.fields())
    needed.push_back({"target", name});
  if (!definition.references.empty()) needed.push_back({"references", definition.references});
  if (!definition.id.empty()) needed.push_back({"id", definition.id});
  return needed;
}

/// Names of the fields of an object, those of objects in it with their path.
void add_names(const nlohmann::json& object, const std::string& path,
               std::set<std::string>& names) {
  for (const auto& [name, value] : object.items()) {
    names.insert(path + name);
    if (value.is_object()) add_names(value, path + name + ".", names);
  }
}

/// Thrown to end the reading of a file.
struct EnoughRows {};

std::vector<std::string> field_names(const TaskReader& reader, const std::filesystem::path& file,
                                     std::int64_t max_bad_rows) {
  std::set<std::string> names;
  try {
    read_records(file, reader.format, max_bad_rows, [&](const Record& record) {
      add_names(record.fields, "", names);
      if (record.row + 1 >= kLookedAt) throw EnoughRows();
    });
  } catch (const EnoughRows&) {
  }
  return {names.begin(), names.end()};
}

std::vector<DocumentRow> rows_of_data(const nlohmann::json& document) {
  std::vector<DocumentRow> rows;
  const auto data = document.find("data");
  if (data == document.end() || !data->is_array()) return rows;
  for (std::size_t i = 0; i < data->size(); ++i)
    rows.push_back({(*data)[i], fmt::format("data[{}]", i)});
  return rows;
}

}  // namespace

TaskReader own_task_reader(const Task& task) {
  TaskReader reader;
  reader.task = task.name;
  reader.format.table = TableKind::kByHeader;
  reader.format.rows_of_document = rows_of_data;
  reader.read_row = OwnRowReader(task.definition);
  return reader;
}

void check_fields(const Task& task, const TaskReader& reader, const std::filesystem::path& file,
                  std::int64_t max_bad_rows) {
  const std::vector<std::string> names = field_names(reader, file, max_bad_rows);
  if (names.empty()) {
    throw DataError(file.string(),
                    "holds no rows (tables with a header line, JSON lines, a list of objects or an "
                    "object with such a list as 'data' are read). Give another file");
  }
  for (const NeededField& needed : needed_fields(*task.definition)) {
    if (std::find(names.begin(), names.end(), needed.name) != names.end()) continue;
    throw DefinitionError(
        {task.name, needed.key,
         fmt::format("'task.{}.{}' names the field '{}' (the rows of {} have {})", task.name,
                     needed.key, needed.name, file.string(), fmt::join(names, ", ")),
         needed.name, names, "Name one of these"});
  }
}

DefinitionError unknown_label_error(const Task& task, const std::string& file, std::int64_t line,
                                    const BadRow& row) {
  const std::vector<std::string> written = written_labels(*task.definition);
  return DefinitionError(
      {task.name, "labels",
       fmt::format("'task.{}.labels' has no '{}' ({}:{} has it as '{}'; the labels are {})",
                   task.name, row.got, file, line, row.field, fmt::join(written, ", ")),
       row.got, written, "Add it to the labels, or correct the file"});
}

}  // namespace attempt::datasets
