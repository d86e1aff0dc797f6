#include "runner/train/make_optimizer.h"

#include <stdexcept>

#include "runner/train/adafactor.h"
#include "runner/train/adamw.h"

namespace attempt::train {

namespace {

[[noreturn]] void fail(const std::string& key, const std::string& value, const std::string& known) {
  throw std::invalid_argument("unknown " + key + " '" + value + "' (" + known + " exist)");
}

/// The authors' code uses transformers' default eps, 1e-6, where it builds groups of its own.
constexpr double kHf46TwoRatesEps = 1e-6;

double rate_of(model::ParameterGroup group, const sweep::OptimizerSpec& spec) {
  switch (group) {
    case model::ParameterGroup::kG:
      return spec.learning_rate_g;
    case model::ParameterGroup::kEncoder:
      return spec.learning_rate_encoder;
    case model::ParameterGroup::kMain:
      break;
  }
  return spec.learning_rate;
}

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const sweep::OptimizerSpec& spec,
                                          const std::vector<model::TrainedParameter>& parameters) {
  if (spec.decay_scope != "no_norm_bias" && spec.decay_scope != "all") {
    fail("decay scope", spec.decay_scope, "no_norm_bias and all");
  }
  const bool decays_all = spec.decay_scope == "all";
  std::vector<OptimizedParameter> optimized;
  bool has_two_rates = false;
  for (const model::TrainedParameter& parameter : parameters) {
    const double rate = rate_of(parameter.group, spec);
    has_two_rates = has_two_rates ||
                    (parameter.group == model::ParameterGroup::kG && rate != spec.learning_rate);
    const bool decays = decays_all || !parameter.is_norm_or_bias;
    optimized.push_back({parameter.name, parameter.value, rate, decays ? spec.weight_decay : 0.0,
                         parameter.is_updated_by_row});
  }
  if (spec.optimizer == "adamw") {
    AdamWOptions options;
    if (spec.adamw_form == "hf46") {
      options.form = AdamWForm::kHf46;
      if (has_two_rates) options.eps = kHf46TwoRatesEps;
    } else if (spec.adamw_form != "torch") {
      fail("form of AdamW", spec.adamw_form, "torch and hf46");
    }
    return std::make_unique<AdamW>(std::move(optimized), options);
  }
  if (spec.optimizer == "adafactor") {
    AdafactorForm form = AdafactorForm::kHf;
    if (spec.adafactor_form == "t5x") {
      form = AdafactorForm::kT5x;
    } else if (spec.adafactor_form != "hf") {
      fail("form of Adafactor", spec.adafactor_form, "hf and t5x");
    }
    return std::make_unique<Adafactor>(std::move(optimized), form);
  }
  fail("optimizer", spec.optimizer, "adamw and adafactor");
}

}  // namespace attempt::train
