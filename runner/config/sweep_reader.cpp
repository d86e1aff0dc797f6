#include "runner/config/sweep_reader.h"

#include <algorithm>

#include "runner/config/names.h"
#include "runner/config/nearest_name.h"
#include "runner/config/value_check.h"

namespace attempt::config {
namespace {

const std::vector<std::string>& study_sections() {
  static const std::vector<std::string> kSections = {"sweep",  "sources", "targets",   "few_shot",
                                                     "search", "limits",  "resources", "store"};
  return kSections;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> all_sections() {
  std::vector<std::string> sections = {"model", "data", "train", "method", "variant", "task"};
  for (const auto* more : {&study_sections(), &special_sections()}) {
    sections.insert(sections.end(), more->begin(), more->end());
  }
  return sections;
}

std::vector<std::int64_t> integers_of(const Value& value) {
  std::vector<std::int64_t> integers;
  if (const Value* count = value.find("count")) {
    for (std::int64_t i = 0; i < count->integer(); ++i) {
      integers.push_back(42 + i);
    }
    return integers;
  }
  for (const Value& item : value.array()) {
    integers.push_back(item.integer());
  }
  return integers;
}

}  // namespace

SweepFile SweepReader::read() {
  sweep_.name = sweep_.file.stem().string();
  Value root = make_value("data");
  root.at = {sweep_.file.string(), 0, 0};
  make_absolute(root);
  sweep_.data_root = root.text();
  read_variants();
  name_own_tasks();
  // "data" written nowhere would mean another folder once the sweep is copied elsewhere.
  for (auto& [name, section] : document_.table()) {
    read_section(name, section);
  }
  if (document_.find("data") == nullptr) {
    document_.table().push_back({"data", {Value::Table{}, root.at}});
  }
  if (Value* data = document_.find("data"); data->is_table() && data->find("root") == nullptr) {
    data->table().push_back({"root", make_value(sweep_.data_root)});
  }
  if (sweep_.model_path.empty()) {
    problems_.add({sweep_.file.string(), 0, 0}, "model.path",
                  "'model.path' is missing (every trial starts from a backbone). Add [model] "
                  "path = \"FOLDER\", or give --set model.path=FOLDER");
  }
  std::stable_sort(sweep_.assignments.begin(), sweep_.assignments.end(),
                   [](const Assignment& a, const Assignment& b) { return a.layer < b.layer; });
  return std::move(sweep_);
}

void SweepReader::read_variants() {
  Value* variants = document_.find("variant");
  if (variants == nullptr || !require_table("variant", *variants)) {
    return;
  }
  for (auto& [name, section] : variants->table()) {
    if (!require_table("variant." + name, section)) {
      continue;
    }
    Value* base = section.find("base");
    if (base == nullptr || !base->is_text()) {
      problems_.add(section.at, "variant." + name + ".base",
                    "[variant." + name + "] has no 'base' (a variant configures a method). Add " +
                        "base = \"attempt\"");
      continue;
    }
    if (const auto wrong = method_problem(base->text())) {
      problems_.add(base->at, "variant." + name + ".base", *wrong);
      continue;
    }
    if (!method_problem(name)) {
      problems_.add(section.at, "variant." + name,
                    "[variant." + name + "] has the name of a method (tables could not tell them " +
                        "apart). Choose another name");
      continue;
    }
    Variant variant{name, base->text(), name, section.at};
    if (const Value* label = section.find("label"); label != nullptr && label->is_text()) {
      variant.label = label->text();
    }
    known_.variants.emplace_back(name, variant.base);
    sweep_.variants.push_back(std::move(variant));
  }
}

void SweepReader::read_section(const std::string& name, Value& section) {
  if (name == "override") {
    read_overrides(section);
    return;
  }
  if (!contains(all_sections(), name)) {
    problems_.add(section.at, name,
                  "unknown section [" + name + "] (it would have no effect). " +
                      suggestion(name, all_sections()));
    return;
  }
  if (!require_table(name, section)) {
    return;
  }
  if (contains(study_sections(), name)) {
    read_study_section(name, section);
  } else if (name == "model" || name == "data" || name == "train") {
    read_general(name, section);
  } else if (name == "method") {
    read_methods(section);
  } else if (name == "variant") {
    read_variant_settings(section);
  } else if (name == "task") {
    read_tasks(section);
  } else if (name == "grid") {
    read_grid(section);
  } else if (name == "zip") {
    read_zip(section);
  } else {
    read_set(section);
  }
}

void SweepReader::read_study_section(const std::string& name, Value& section) {
  for (auto& [key_name, value] : section.table()) {
    const std::string path = name + "." + key_name;
    if (path == "sources.train") {
      read_source_training(value);
    } else if (path == "search.space") {
      read_search_space(value);
    } else if (const Key* key = find_key(name, key_name)) {
      if (check(*key, path, value)) {
        set_study_value(*key, value);
      }
    } else if (name == "few_shot") {
      assign(Layer::kFewShot, "[few_shot]", {name, key_name}, value);
    } else {
      problems_.add(value.at, path, unknown_key_problem(name, key_name, keys_of(name)));
    }
  }
  if (name == "search") check_search(section);
}

void SweepReader::set_study_value(const Key& key, Value& value) {
  const std::string path = key.path();
  if (path == "sweep.name") {
    sweep_.name = value.text();
  } else if (path == "sweep.seeds") {
    sweep_.seeds = integers_of(value);
  } else if (path == "sweep.keep_predictions") {
    sweep_.keep_predictions = value.boolean();
  } else if (path == "sweep.save_parameters") {
    sweep_.save_parameters = value.text();
  } else if (path == "model.path") {
    make_absolute(value);
    sweep_.model_path = value.text();
    sweep_.model_at = value.at;
  } else if (path == "model.tokenizer") {
    make_absolute(value);
    sweep_.tokenizer = value.text();
  } else if (path == "data.root") {
    make_absolute(value);
    sweep_.data_root = value.text();
  } else if (path == "data.cache") {
    make_absolute(value);
    sweep_.data_cache = value.text();
  } else if (path == "data.max_bad_rows") {
    sweep_.max_bad_rows = value.integer();
  } else if (path == "data.strict_counts") {
    sweep_.strict_counts = value.boolean();
  } else if (path == "sources.tasks") {
    sweep_.source_tasks = task_names(path, value);
  } else if (path == "sources.pairing") {
    sweep_.pairing = value.text();
  } else if (path == "sources.seeds") {
    sweep_.source_seeds = integers_of(value);
  } else if (path == "sources.auto_exclude") {
    sweep_.auto_exclude = value.boolean();
  } else if (path == "sources.prompts") {
    for (auto& [name, file] : value.table()) {
      make_absolute(file);
      std::string ignored;
      sweep_.prompts.emplace_back(
          Named{task_name(name, known_.own_tasks, ignored).value_or(name), file.at}, file.text());
    }
  } else if (path == "targets.tasks") {
    sweep_.target_tasks = task_names(path, value);
  } else if (path == "targets.methods") {
    sweep_.methods = method_names(path, value, /*is_multi_task=*/false);
  } else if (path == "targets.multitask") {
    read_task_lists(value);
  } else if (path == "few_shot.k") {
    sweep_.few_shot.k = integers_of(value);
    sweep_.few_shot.at = value.at;
  } else if (path == "few_shot.tasks") {
    sweep_.few_shot.tasks = task_names(path, value);
  } else if (path == "few_shot.mode") {
    sweep_.few_shot.mode = value.text();
  } else if (path == "few_shot.selection") {
    sweep_.few_shot.selection = value.text();
  } else if (path == "few_shot.seeds") {
    sweep_.few_shot.seeds = integers_of(value);
  } else if (path == "search.seeds") {
    sweep_.search.seeds = integers_of(value);
  } else if (key.section == "search") {
    set_search_value(key, value);
  } else if (path == "limits.max_attempts") {
    sweep_.max_attempts = value.integer();
  } else if (path == "limits.max_failed_trials") {
    sweep_.max_failed_trials = value.is_integer() ? value.integer() : -1;
  } else if (path == "limits.heartbeat_seconds") {
    sweep_.heartbeat_seconds = value.number();
  } else if (path == "limits.no_progress_seconds") {
    sweep_.no_progress_seconds = value.is_number() ? value.number() : 0;
  } else if (path == "store.path") {
    if (value.text().empty()) return;
    make_absolute(value);
    sweep_.store_path = value.text();
  } else if (path == "resources.threads_per_trainer") {
    sweep_.threads_per_trainer = value.is_integer() ? value.integer() : 0;
  } else if (path == "resources.trainers_per_device") {
    sweep_.trainers_per_device = value.integer();
  } else if (path == "resources.bundle_width") {
    sweep_.bundle_width = value.integer();
  }
}

bool SweepReader::check(const Key& key, const std::string& path, Value& value) {
  const std::string problem = check_value(key, path, value);
  if (!problem.empty()) {
    problems_.add(value.at, path, problem);
  }
  return problem.empty();
}

void SweepReader::make_absolute(Value& path) const {
  if (path.text().empty()) {
    return;
  }
  const std::filesystem::path given = path.text();
  const bool is_option = path.at.file.starts_with("--set");
  const std::filesystem::path base = is_option
                                         ? std::filesystem::current_path()
                                         : std::filesystem::absolute(sweep_.file).parent_path();
  path.data = (given.is_absolute() ? given : base / given).lexically_normal().string();
}

bool SweepReader::require_table(const std::string& name, const Value& value) {
  if (!value.is_table()) {
    problems_.add(value.at, name,
                  "'" + name + "' is " + value.type_name() +
                      " (it is the name of a section). Write [" + name + "]");
  }
  return value.is_table();
}

}  // namespace attempt::config
