#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "runner/config/nearest_name.h"
#include "runner/config/sweep_reader.h"
#include "runner/config/value_check.h"

namespace attempt::config {
namespace {

const std::vector<std::string>& native_samplers() {
  static const std::vector<std::string> kNames = {"random", "sobol", "command"};
  return kNames;
}

const std::vector<std::string>& optuna_samplers() {
  static const std::vector<std::string> kNames = {
      "optuna:TPESampler",     "optuna:GPSampler",  "optuna:CmaEsSampler", "optuna:NSGAIISampler",
      "optuna:NSGAIIISampler", "optuna:QMCSampler", "optuna:RandomSampler"};
  return kNames;
}

std::string sampler_problem(const std::string& name) {
  std::vector<std::string> known = native_samplers();
  known.insert(known.end(), optuna_samplers().begin(), optuna_samplers().end());
  if (std::find(known.begin(), known.end(), name) != known.end()) return "";
  return "there is no sampler '" + name + "' (it draws the configurations). " +
         suggestion(name, known);
}

/// What is wrong with a range in itself; "" if nothing.
std::string range_problem(const SearchDimension& dimension) {
  const std::string name = "'" + dimension.name + "'";
  if (dimension.low >= dimension.high) {
    return name + " has low " + number_text(dimension.low) + " and high " +
           number_text(dimension.high) +
           " (nothing lies between). Write low < high, or set the one value in its section";
  }
  if (dimension.is_log && dimension.low <= 0) {
    return name + " is drawn on a log scale from " + number_text(dimension.low) +
           " (it has no logarithm). Give a low > 0, or leave out log";
  }
  if (dimension.is_log && dimension.step > 0) {
    return name + " has log and step (steps are of a linear scale). Leave out one of them";
  }
  if (dimension.step > dimension.high - dimension.low) {
    return name + " has step " + number_text(dimension.step) +
           " (the range is smaller, so low is the only value). Give a smaller step";
  }
  if (dimension.is_integer && dimension.step != std::floor(dimension.step)) {
    return name + " has step " + number_text(dimension.step) +
           " (its values are integers). Give a whole step";
  }
  return "";
}

bool can_be(const SearchDimension& dimension, const Value& value) {
  if (!dimension.choices.empty()) {
    return std::any_of(dimension.choices.begin(), dimension.choices.end(),
                       [&](const Value& choice) { return same_value(choice, value); });
  }
  return value.is_number() && value.number() >= dimension.low && value.number() <= dimension.high;
}

/// A dimension with the conditions as they are written: key -> values.
struct WrittenDimension {
  SearchDimension read;
  std::vector<std::pair<std::string, std::vector<Value>>> when;
};

class SpaceReader {
 public:
  SpaceReader(const KnownNames& known, Problems& problems) : known_(known), problems_(problems) {}

  std::vector<SearchDimension> read(Value& space) {
    for (Leaf& leaf : leaves_of(space, problems_)) {
      const std::size_t before = written_.size();
      read_dimension(leaf);
      if (written_.size() == before) refused_.insert(leaf.dotted);
    }
    return sorted();
  }

 private:
  void read_dimension(Leaf& leaf) {
    WrittenDimension written;
    SearchDimension& dimension = written.read;
    std::string problem;
    dimension.name = leaf.dotted;
    dimension.at = leaf.value->at;
    dimension.path = resolve_setting(leaf.parts, known_, problem);
    if (dimension.path.key == nullptr) {
      problems_.add(dimension.at, leaf.dotted, problem);
      return;
    }
    const Key& key = *dimension.path.key;
    if (!key.may_be_axis || key.path() == "data.rules") {
      return complain(leaf,
                      "cannot be searched (it is one value for the whole study). Set it in "
                      "its section");
    }
    Value& value = *leaf.value;
    const bool is_read = value.is_array()               ? read_choices(leaf, value, dimension)
                         : value.find("choices")        ? read_choice_table(leaf, written)
                         : value.find("low") != nullptr ? read_range(leaf, written)
                                                        : false;
    if (is_read) {
      written_.push_back(std::move(written));
    } else if (!value.is_array() && value.find("choices") == nullptr &&
               value.find("low") == nullptr) {
      complain(leaf, "is " + (value.is_table() ? "a table without low" : to_toml(value)) +
                         " (there is nothing to draw from). Write { low = a, high = b } or an "
                         "array of choices");
    }
  }

  void complain(const Leaf& leaf, const std::string& what) {
    problems_.add(leaf.value->at, leaf.dotted, "'" + leaf.dotted + "' in [search.space] " + what);
  }

  bool check_members(const Leaf& leaf, const std::vector<std::string>& allowed) {
    for (const auto& [name, member] : leaf.value->table()) {
      if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
      problems_.add(member.at, leaf.dotted + "." + name,
                    "'" + leaf.dotted + "' in [search.space] has no '" + name +
                        "' (it would have no effect). " + suggestion(name, allowed));
      return false;
    }
    return true;
  }

  bool read_choices(const Leaf& leaf, Value& choices, SearchDimension& dimension) {
    if (!choices.is_array() || choices.array().size() < 2) {
      complain(leaf, "has " + std::string(choices.is_array() ? "fewer than two" : "no array of") +
                         " choices (there is nothing to choose between). Write [a, b]");
      return false;
    }
    for (Value& choice : std::get<Value::Array>(choices.data)) {
      choice.at = choices.at;
      const std::string wrong = check_value(*dimension.path.key, leaf.dotted, choice);
      if (!wrong.empty()) {
        problems_.add(choices.at, leaf.dotted, wrong);
        return false;
      }
      if (can_be_chosen(dimension, choice)) {
        complain(leaf, "holds " + to_toml(choice) +
                           " twice (it would be drawn twice as often). "
                           "Remove one");
        return false;
      }
      dimension.choices.push_back(choice);
    }
    return true;
  }

  static bool can_be_chosen(const SearchDimension& dimension, const Value& choice) {
    return !dimension.choices.empty() && can_be(dimension, choice);
  }

  bool read_choice_table(const Leaf& leaf, WrittenDimension& written) {
    return check_members(leaf, {"choices", "when"}) &&
           read_choices(leaf, *leaf.value->find("choices"), written.read) &&
           read_when(leaf, written);
  }

  bool read_range(const Leaf& leaf, WrittenDimension& written) {
    if (!check_members(leaf, {"low", "high", "step", "log", "when"})) return false;
    SearchDimension& dimension = written.read;
    const Key& key = *dimension.path.key;
    if (key.kind != Kind::kNumber && key.kind != Kind::kInteger) {
      complain(leaf, "is no number (a range is one of numbers). Write an array of choices");
      return false;
    }
    dimension.is_integer = key.kind == Kind::kInteger;
    for (const char* end : {"low", "high"}) {
      Value* value = leaf.value->find(end);
      if (value == nullptr || !value->is_number()) {
        complain(leaf, "has no number '" + std::string(end) + "'. Write { low = a, high = b }");
        return false;
      }
      if (const std::string wrong = check_value(key, leaf.dotted, *value); !wrong.empty()) {
        problems_.add(value->at, leaf.dotted, wrong);
        return false;
      }
    }
    dimension.low = leaf.value->find("low")->number();
    dimension.high = leaf.value->find("high")->number();
    const Value* log = leaf.value->find("log");
    const Value* step = leaf.value->find("step");
    if ((log != nullptr && !log->is_boolean()) ||
        (step != nullptr && (!step->is_number() || step->number() <= 0))) {
      complain(leaf, "has a log that is not true or false, or a step that is not > 0. Correct it");
      return false;
    }
    dimension.is_log = log != nullptr && log->boolean();
    dimension.step = step == nullptr ? 0 : step->number();
    if (const std::string wrong = range_problem(dimension); !wrong.empty()) {
      problems_.add(dimension.at, leaf.dotted, wrong);
      return false;
    }
    if (dimension.is_integer && !dimension.is_log && dimension.step == 0) dimension.step = 1;
    return read_when(leaf, written);
  }

  bool read_when(const Leaf& leaf, WrittenDimension& written) {
    Value* when = leaf.value->find("when");
    if (when == nullptr) return true;
    if (!when->is_table() || when->table().empty()) {
      complain(leaf, "has a 'when' that names no key. Write when = { \"KEY\" = VALUE }");
      return false;
    }
    for (Leaf& condition : leaves_of(*when, problems_)) {
      std::vector<Value> values = {*condition.value};
      if (condition.value->is_array()) values = condition.value->array();
      written.when.emplace_back(condition.dotted, std::move(values));
    }
    return true;
  }

  /// Dimensions after those that they depend on; what depends on nothing sound is a problem.
  std::vector<SearchDimension> sorted() {
    std::vector<SearchDimension> done;
    bool has_moved = true;
    while (has_moved) {
      has_moved = false;
      for (auto it = written_.begin(); it != written_.end();) {
        const auto place = places(it->when, done);
        if (!place) {
          ++it;
          continue;
        }
        add_conditions(*it, *place, done);
        done.push_back(std::move(it->read));
        it = written_.erase(it);
        has_moved = true;
      }
    }
    for (const WrittenDimension& left : written_) {
      const bool is_explained =
          std::any_of(left.when.begin(), left.when.end(),
                      [&](const auto& condition) { return refused_.contains(condition.first); });
      if (is_explained) continue;
      problems_.add(left.read.at, left.read.name,
                    "'" + left.read.name + "' in [search.space] has a 'when' on '" +
                        left.when.front().first +
                        "' (which is not in the space, or waits for this key itself). Name a key "
                        "of the space, or remove the condition");
    }
    return done;
  }

  static std::optional<std::vector<std::size_t>> places(
      const std::vector<std::pair<std::string, std::vector<Value>>>& when,
      const std::vector<SearchDimension>& done) {
    std::vector<std::size_t> result;
    for (const auto& [key, values] : when) {
      const auto found = std::find_if(done.begin(), done.end(),
                                      [&](const auto& other) { return other.name == key; });
      if (found == done.end()) return std::nullopt;
      result.push_back(static_cast<std::size_t>(found - done.begin()));
    }
    return result;
  }

  void add_conditions(WrittenDimension& written, const std::vector<std::size_t>& at,
                      const std::vector<SearchDimension>& done) {
    for (std::size_t i = 0; i < at.size(); ++i) {
      const auto& [key, values] = written.when[i];
      for (const Value& value : values) {
        if (can_be(done[at[i]], value)) continue;
        problems_.add(written.read.at, written.read.name,
                      "'" + written.read.name + "' in [search.space] holds when '" + key + "' is " +
                          to_toml(value) + " (the space never draws that). Correct the condition");
      }
      written.read.when.push_back({at[i], values});
    }
  }

  const KnownNames& known_;
  Problems& problems_;
  std::vector<WrittenDimension> written_;
  std::set<std::string> refused_;  ///< names of dimensions with a problem of their own
};

}  // namespace

void SweepReader::read_search_space(Value& space) {
  if (!require_table("search.space", space)) return;
  sweep_.search.space = SpaceReader(known_, problems_).read(space);
}

void SweepReader::set_search_value(const Key& key, Value& value) {
  Search& search = sweep_.search;
  if (key.name == "sampler") {
    search.sampler = value.text();
    if (const std::string wrong = sampler_problem(search.sampler); !wrong.empty()) {
      problems_.add(value.at, key.path(), wrong);
    }
  } else if (key.name == "trials") {
    search.trials = value.integer();
  } else if (key.name == "seed") {
    search.seed = value.integer();
  } else if (key.name == "pruner") {
    search.pruner = value.text();
  } else if (key.name == "prune_after") {
    search.prune_after = value.integer();
  } else if (key.name == "audit") {
    search.audit = value.boolean();
  } else if (key.name == "pending") {
    search.pending = value.integer();
  } else if (key.name == "command") {
    for (const Value& word : value.array()) search.command.push_back(word.text());
  } else if (key.name == "python") {
    search.python = value.text();
  } else if (key.name == "sampler_seconds") {
    search.sampler_seconds = value.number();
  }
}

/// What the section must say as a whole, once it is read.
void SweepReader::check_search(const Value& section) {
  Search& search = sweep_.search;
  search.at = section.at;
  const Value* space = section.find("space");
  if (search.sampler.empty()) {
    problems_.add(section.at, "search.sampler",
                  "[search] has no 'sampler' (somebody must draw the configurations). Add sampler "
                  "= \"random\"");
  }
  if (space == nullptr || (space->is_table() && space->table().empty())) {
    problems_.add(space == nullptr ? section.at : space->at, "search.space",
                  "[search] has no 'space', or an empty one (there is nothing to search). Add "
                  "[search.space] with \"method.attempt.learning_rate\" = { low = 0.03, high = 3, "
                  "log = true }");
  }
  if (search.sampler == "command" && search.command.empty()) {
    problems_.add(section.at, "search.command",
                  "sampler is \"command\" and there is no 'command' (the program that draws). Add "
                  "command = [\"python3\", \"my_sampler.py\"]");
  }
  if (search.seeds.empty()) {
    problems_.add(section.at, "search.seeds",
                  "'search.seeds' is empty (a configuration is trained with at least one seed). "
                  "Write seeds = [1, 2]");
  }
}

}  // namespace attempt::config
