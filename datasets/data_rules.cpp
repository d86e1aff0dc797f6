#include "datasets/data_rules.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace attempt::datasets {

namespace {

struct RuleKey {
  const char* name;
  Rule DataRules::*member;
  bool is_published;  ///< compat = "published" takes the authors' behaviour
};

constexpr RuleKey kRuleKeys[] = {
    {"winogrande.options", &DataRules::winogrande_options, true},
    {"stsb.round", &DataRules::stsb_round, true},
    {"stsb.reference", &DataRules::stsb_reference, true},
    {"wsc.mark", &DataRules::wsc_mark, true},
    {"qa.target", &DataRules::qa_target, false},
    {"qa.references", &DataRules::qa_references, false},
    {"squad.test", &DataRules::squad_test, true},
    {"record.eval", &DataRules::record_eval, false},
    {"record.no_answer", &DataRules::record_no_answer, false},
    {"multirc.split", &DataRules::multirc_split, true},
    {"multirc.max_source", &DataRules::multirc_max_source, true},
    {"scitail.split", &DataRules::scitail_split, true},
    {"yelp.text", &DataRules::yelp_text, false},
    {"decode.cleanup", &DataRules::decode_cleanup, false},
    {"decode.reference", &DataRules::decode_reference, false},
    {"generate.max_new_tokens", &DataRules::generate_max_new_tokens, false},
    {"pad.to", &DataRules::pad_to, false},
    {"prefix.adapter", &DataRules::prefix_adapter, false},
    {"few_shot.mode", &DataRules::few_shot_mode, false},
    {"select.multi_task", &DataRules::select_multi_task, false},
    {"max_source.spot", &DataRules::max_source_spot, false},
};

const char* rule_name(Rule rule) { return rule == Rule::kAuthors ? "authors" : "corrected"; }

Rule rule_named(const std::string& key, const std::string& value) {
  if (value == "corrected") return Rule::kCorrected;
  if (value == "authors") return Rule::kAuthors;
  throw std::invalid_argument("'" + key + "' is '" + value +
                              "' (must be \"corrected\" or \"authors\")");
}

}  // namespace

DataRules rules_for_compat(const std::string& compat) {
  DataRules rules;
  if (compat == "corrected") return rules;
  if (compat != "published" && compat != "authors") {
    throw std::invalid_argument(
        "'" + compat +
        "' is not a compat mode (must be \"corrected\", \"published\" or \"authors\")");
  }
  for (const RuleKey& key : kRuleKeys) {
    if (compat == "authors" || key.is_published) rules.*key.member = Rule::kAuthors;
  }
  return rules;
}

void set_rule(DataRules& rules, const std::string& name, const std::string& value) {
  std::string known;
  for (const RuleKey& key : kRuleKeys) {
    if (name == key.name) {
      rules.*key.member = rule_named(name, value);
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(key.name);
  }
  throw std::invalid_argument("unknown rule '" + name + "' (known: " + known + ")");
}

std::vector<std::string_view> authors_rules(const DataRules& rules) {
  std::vector<std::string_view> names;
  for (const RuleKey& key : kRuleKeys) {
    if (rules.*key.member == Rule::kAuthors) names.push_back(key.name);
  }
  return names;
}

void to_json(nlohmann::json& json, const DataRules& rules) {
  json = nlohmann::json::object();
  for (const RuleKey& key : kRuleKeys) json[key.name] = rule_name(rules.*key.member);
}

void from_json(const nlohmann::json& json, DataRules& rules) {
  rules = DataRules();
  for (const auto& [name, value] : json.items()) set_rule(rules, name, value.get<std::string>());
}

}  // namespace attempt::datasets
