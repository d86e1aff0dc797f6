#include "runner/sweep/start_choice.h"

#include <nlohmann/json.hpp>

#include "runner/sweep/option_names.h"

namespace attempt::sweep {

void to_json(nlohmann::json& json, const StartChoice& choice) {
  const PromptStart& start = choice.probe_start;
  json = {{"choice", option_name(choice.choice)},
          {"top_k", choice.top_k},
          {"weights", option_name(choice.weighting)},
          {"similarity", option_name(choice.similarity)},
          {"probe", choice.probe},
          {"probe_start",
           {{"seed", start.seed},
            {"prompt_length", start.prompt_length},
            {"init", option_name(start.init)},
            {"text", start.text},
            {"repeats_text", start.repeats_text},
            {"file", start.file},
            {"file_sha256", start.file_sha256}}},
          {"of_equal_start", choice.of_equal_start}};
}

void from_json(const nlohmann::json& json, StartChoice& choice) {
  const auto word = [](const nlohmann::json& object, const char* key) {
    return object.at(key).get<std::string>();
  };
  choice.choice = option_from_name<SourceChoice>(word(json, "choice"));
  json.at("top_k").get_to(choice.top_k);
  choice.weighting = option_from_name<SourceWeighting>(word(json, "weights"));
  choice.similarity = option_from_name<Similarity>(word(json, "similarity"));
  json.at("probe").get_to(choice.probe);
  const nlohmann::json& start = json.at("probe_start");
  start.at("seed").get_to(choice.probe_start.seed);
  start.at("prompt_length").get_to(choice.probe_start.prompt_length);
  choice.probe_start.init = option_from_name<model::PromptInit>(word(start, "init"));
  start.at("text").get_to(choice.probe_start.text);
  start.at("repeats_text").get_to(choice.probe_start.repeats_text);
  start.at("file").get_to(choice.probe_start.file);
  start.at("file_sha256").get_to(choice.probe_start.file_sha256);
  json.at("of_equal_start").get_to(choice.of_equal_start);
}

}  // namespace attempt::sweep
