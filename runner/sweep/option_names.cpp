#include "runner/sweep/option_names.h"

#include <stdexcept>
#include <utility>
#include <vector>

namespace attempt::sweep {
namespace {

template <typename Enum>
using Names = std::vector<std::pair<Enum, std::string_view>>;

template <typename Enum>
const Names<Enum>& names();

template <>
const Names<model::PromptInit>& names() {
  using model::PromptInit;
  static const Names<PromptInit> kNames = {{PromptInit::kSampledVocab, "sampled_vocab"},
                                           {PromptInit::kUnitNormal, "unit_normal"},
                                           {PromptInit::kRandom, "random"},
                                           {PromptInit::kText, "text"},
                                           {PromptInit::kClassLabels, "class_labels"},
                                           {PromptInit::kFile, "file"},
                                           {PromptInit::kSource, "source"}};
  return kNames;
}

template <>
const Names<model::AttentionKind>& names() {
  using model::AttentionKind;
  static const Names<AttentionKind> kNames = {
      {AttentionKind::kSub, "sub"},       {AttentionKind::kConstant, "constant"},
      {AttentionKind::kLinear, "linear"}, {AttentionKind::kDot, "dot"},
      {AttentionKind::kToken, "token"},   {AttentionKind::kCrossPrompt, "cross_prompt"}};
  return kNames;
}

template <>
const Names<model::TargetUse>& names() {
  using model::TargetUse;
  static const Names<TargetUse> kNames = {{TargetUse::kAddAndMix, "add_and_mix"},
                                          {TargetUse::kMixOnly, "mix_only"},
                                          {TargetUse::kAddOnly, "add_only"},
                                          {TargetUse::kNone, "none"}};
  return kNames;
}

template <>
const Names<model::Pooling>& names() {
  using model::Pooling;
  static const Names<Pooling> kNames = {{Pooling::kMasked, "masked"}, {Pooling::kAll, "all"}};
  return kNames;
}

template <>
const Names<model::TemperatureRule>& names() {
  using model::TemperatureRule;
  static const Names<TemperatureRule> kNames = {{TemperatureRule::kPaper, "paper"},
                                                {TemperatureRule::kNumber, "number"},
                                                {TemperatureRule::kCalibrated, "calibrated"},
                                                {TemperatureRule::kLearned, "learned"}};
  return kNames;
}

template <>
const Names<model::PromptEncoderKind>& names() {
  using model::PromptEncoderKind;
  static const Names<PromptEncoderKind> kNames = {{PromptEncoderKind::kNone, "none"},
                                                  {PromptEncoderKind::kMlp, "mlp"},
                                                  {PromptEncoderKind::kLstm, "lstm"}};
  return kNames;
}

template <>
const Names<model::DeepKind>& names() {
  using model::DeepKind;
  static const Names<DeepKind> kNames = {
      {DeepKind::kOff, "off"}, {DeepKind::kPrompts, "prompts"}, {DeepKind::kGains, "gains"}};
  return kNames;
}

template <>
const Names<model::DeepMode>& names() {
  using model::DeepMode;
  static const Names<DeepMode> kNames = {{DeepMode::kReplace, "replace"}, {DeepMode::kAdd, "add"}};
  return kNames;
}

template <>
const Names<model::DeepAttention>& names() {
  using model::DeepAttention;
  static const Names<DeepAttention> kNames = {{DeepAttention::kShared, "shared"},
                                              {DeepAttention::kPerLayer, "per_layer"}};
  return kNames;
}

template <>
const Names<model::PrefixLayout>& names() {
  using model::PrefixLayout;
  static const Names<PrefixLayout> kNames = {{PrefixLayout::kFull, "full"},
                                             {PrefixLayout::kPeft, "peft"}};
  return kNames;
}

template <>
const Names<Similarity>& names() {
  static const Names<Similarity> kNames = {{Similarity::kMeanCosine, "mean_cosine"},
                                           {Similarity::kPairwiseCosine, "pairwise_cosine"},
                                           {Similarity::kAlignedCosine, "aligned_cosine"}};
  return kNames;
}

template <>
const Names<model::PromptPlacement>& names() {
  using model::PromptPlacement;
  static const Names<PromptPlacement> kNames = {{PromptPlacement::kPrefix, "prefix"},
                                                {PromptPlacement::kSuffix, "suffix"},
                                                {PromptPlacement::kBetween, "between"}};
  return kNames;
}

template <>
const Names<SourceChoice>& names() {
  static const Names<SourceChoice> kNames = {{SourceChoice::kFixed, "fixed"},
                                             {SourceChoice::kMostSimilar, "most_similar"},
                                             {SourceChoice::kWeightedTopK, "weighted_top_k"}};
  return kNames;
}

template <>
const Names<model::TextFill>& names() {
  using model::TextFill;
  static const Names<TextFill> kNames = {{TextFill::kSampledVocab, "sampled_vocab"},
                                         {TextFill::kRepeat, "repeat"}};
  return kNames;
}

template <>
const Names<SourceWeighting>& names() {
  static const Names<SourceWeighting> kNames = {{SourceWeighting::kUnclipped, "unclipped"},
                                                {SourceWeighting::kProportional, "proportional"},
                                                {SourceWeighting::kSoftmax, "softmax"}};
  return kNames;
}

template <>
const Names<model::PredictionHead>& names() {
  using model::PredictionHead;
  static const Names<PredictionHead> kNames = {{PredictionHead::kText, "text"},
                                               {PredictionHead::kLinear, "linear"}};
  return kNames;
}

template <>
const Names<model::TargetUpdate>& names() {
  using model::TargetUpdate;
  static const Names<TargetUpdate> kNames = {{TargetUpdate::kDense, "dense"},
                                             {TargetUpdate::kPresentRows, "present_rows"}};
  return kNames;
}

}  // namespace

template <typename Enum>
std::string option_name(Enum value) {
  for (const auto& [candidate, name] : names<Enum>()) {
    if (candidate == value) {
      return std::string(name);
    }
  }
  throw std::invalid_argument("value " + std::to_string(static_cast<int>(value)) +
                              " is not a method option");
}

template <typename Enum>
Enum option_from_name(std::string_view name) {
  std::string allowed;
  for (const auto& [value, candidate] : names<Enum>()) {
    if (candidate == name) {
      return value;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(candidate);
  }
  throw std::invalid_argument("'" + std::string(name) + "' is not one of " + allowed);
}

template std::string option_name(model::PromptInit);
template std::string option_name(model::AttentionKind);
template std::string option_name(model::TargetUse);
template std::string option_name(model::Pooling);
template std::string option_name(model::TemperatureRule);
template std::string option_name(model::PromptEncoderKind);
template std::string option_name(model::DeepKind);
template std::string option_name(model::DeepMode);
template std::string option_name(model::DeepAttention);
template std::string option_name(model::PrefixLayout);
template std::string option_name(Similarity);
template std::string option_name(SourceChoice);
template std::string option_name(SourceWeighting);
template std::string option_name(model::PromptPlacement);
template std::string option_name(model::TextFill);
template std::string option_name(model::PredictionHead);
template std::string option_name(model::TargetUpdate);
template model::PromptInit option_from_name(std::string_view);
template model::AttentionKind option_from_name(std::string_view);
template model::TargetUse option_from_name(std::string_view);
template model::Pooling option_from_name(std::string_view);
template model::TemperatureRule option_from_name(std::string_view);
template model::PromptEncoderKind option_from_name(std::string_view);
template model::DeepKind option_from_name(std::string_view);
template model::DeepMode option_from_name(std::string_view);
template model::DeepAttention option_from_name(std::string_view);
template model::PrefixLayout option_from_name(std::string_view);
template Similarity option_from_name(std::string_view);
template SourceChoice option_from_name(std::string_view);
template SourceWeighting option_from_name(std::string_view);
template model::PromptPlacement option_from_name(std::string_view);
template model::TextFill option_from_name(std::string_view);
template model::PredictionHead option_from_name(std::string_view);
template model::TargetUpdate option_from_name(std::string_view);

}  // namespace attempt::sweep
