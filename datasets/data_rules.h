#pragma once

#include <compare>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace attempt::datasets {

/// One deviation key: the correct treatment, or what the authors' published code does.
enum class Rule { kCorrected, kAuthors };

/// The deviation keys of tasks.md section 9, in its order. In TOML each is `[data.rules]` with the
/// dotted name, e.g. `"stsb.round" = "authors"`.
struct DataRules {
  Rule winogrande_options = Rule::kCorrected;
  Rule stsb_round = Rule::kCorrected;
  Rule stsb_reference = Rule::kCorrected;
  Rule wsc_mark = Rule::kCorrected;
  Rule qa_target = Rule::kCorrected;
  Rule qa_references = Rule::kCorrected;
  Rule squad_test = Rule::kCorrected;
  Rule record_eval = Rule::kCorrected;
  Rule record_no_answer = Rule::kCorrected;
  Rule multirc_split = Rule::kCorrected;
  Rule multirc_max_source = Rule::kCorrected;
  Rule scitail_split = Rule::kCorrected;
  Rule yelp_text = Rule::kCorrected;
  Rule decode_cleanup = Rule::kCorrected;
  Rule decode_reference = Rule::kCorrected;
  Rule generate_max_new_tokens = Rule::kCorrected;
  Rule pad_to = Rule::kCorrected;
  Rule prefix_adapter = Rule::kCorrected;
  Rule few_shot_mode = Rule::kCorrected;
  Rule select_multi_task = Rule::kCorrected;
  Rule max_source_spot = Rule::kCorrected;

  auto operator<=>(const DataRules&) const = default;
};

/// Rules of `compat` = "corrected", "published" or "authors".
/// @throws std::invalid_argument otherwise.
DataRules rules_for_compat(const std::string& compat);

/// Sets one rule by its dotted name ("stsb.round") to "corrected" or "authors".
/// @throws std::invalid_argument naming the key and the closest one.
void set_rule(DataRules& rules, const std::string& key, const std::string& value);

/// Dotted names of the rules that follow the authors.
std::vector<std::string_view> authors_rules(const DataRules& rules);

/// {"stsb.round": "corrected", ...}: all keys, stored with every result.
void to_json(nlohmann::json& json, const DataRules& rules);
void from_json(const nlohmann::json& json, DataRules& rules);

}  // namespace attempt::datasets
