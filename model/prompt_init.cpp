#include "model/prompt_init.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>
#include <random>

#include "model/shapes/model_error.h"

namespace attempt::model {

namespace {

/// Ids are roughly ordered by frequency; Lester et al. 2021 draw from the 5,000 most frequent.
constexpr std::int64_t kSampledVocabulary = 5000;
constexpr std::int64_t kSpecialIds = 3;  // pad, end, unknown

/// FNV-1a: a fixed hash, so that a stream's name gives the same seed on every platform.
std::uint64_t stream_seed(std::uint64_t seed, const std::string& name) {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

/// Rows of the embedding matrix for `count` ids drawn without replacement (with, if too few).
std::vector<std::int64_t> sampled_ids(std::int64_t count, std::int64_t vocab_size,
                                      std::uint64_t seed) {
  const std::int64_t last = std::min(kSampledVocabulary, vocab_size);
  std::vector<std::int64_t> ids(static_cast<std::size_t>(last - kSpecialIds));
  std::iota(ids.begin(), ids.end(), kSpecialIds);
  std::mt19937_64 engine(stream_seed(seed, "sampled_vocab"));
  std::vector<std::int64_t> drawn;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::size_t taken = static_cast<std::size_t>(i) % ids.size();
    const std::size_t other = taken + engine() % (ids.size() - taken);
    std::swap(ids[taken], ids[other]);
    drawn.push_back(ids[taken]);
  }
  return drawn;
}

at::Tensor embedding_rows(const T5& t5, const std::vector<std::int64_t>& ids) {
  const at::Tensor index = at::tensor(ids, at::kLong).to(t5.device);
  return t5.shared.detach().index_select(0, index).to(at::kFloat);
}

at::Tensor checked(const T5& t5, const MethodOptions& options, const at::Tensor& prompt,
                   const std::string& name) {
  std::vector<std::int64_t> expected = {options.prompt_length, t5.config.d_model};
  const bool is_deep = options.is_deep || options.deep == DeepKind::kPrompts;
  if (is_deep) expected.insert(expected.begin(), t5.config.num_layers);
  if (prompt.sizes() != at::IntArrayRef(expected)) {
    throw ModelError(
        name, fmt::format("prompt has shape {} (expected {}: {}prompt_length and the "
                          "backbone's d_model). Use a prompt made for this backbone and length",
                          std::vector<std::int64_t>(prompt.sizes().vec()), expected,
                          is_deep ? "its encoder layers, " : ""));
  }
  const at::Tensor value = prompt.detach().to(t5.device, at::kFloat);
  if (!value.isfinite().all().item<bool>()) {
    throw ModelError(name, "prompt holds NaN or infinite values. Train or export it again");
  }
  return value;
}

at::Tensor class_label_rows(const MethodInputs& inputs) {
  std::vector<at::Tensor> rows;
  for (const auto& ids : inputs.label_ids) {
    rows.push_back(embedding_rows(*inputs.backbone, ids).mean(0, /*keepdim=*/true));
  }
  return at::cat(rows);
}

/// The first P of the given rows; missing ones are drawn from the vocabulary, or are the given ones
/// over again.
at::Tensor filled(const MethodInputs& inputs, const at::Tensor& rows) {
  const std::int64_t length = inputs.options.prompt_length;
  if (rows.size(0) >= length) return rows.slice(0, 0, length).clone();
  if (inputs.options.text_fill == TextFill::kRepeat && rows.size(0) > 0) {
    return rows.index_select(
        0, at::arange(length, at::TensorOptions().dtype(at::kLong).device(rows.device()))
               .remainder(rows.size(0)));
  }
  const auto missing =
      sampled_ids(length - rows.size(0), inputs.backbone->config.vocab_size, inputs.init_seed);
  return at::cat({rows, embedding_rows(*inputs.backbone, missing)});
}

}  // namespace

at::Tensor normal_tensor(const MethodInputs& inputs, const std::string& name,
                         std::vector<std::int64_t> shape, double std) {
  at::Generator generator = at::detail::createCPUGenerator(stream_seed(inputs.init_seed, name));
  return at::empty(shape, at::kFloat).normal_(0, std, generator).to(inputs.backbone->device);
}

at::Tensor uniform_tensor(const MethodInputs& inputs, const std::string& name,
                          std::vector<std::int64_t> shape, double bound) {
  at::Generator generator = at::detail::createCPUGenerator(stream_seed(inputs.init_seed, name));
  return at::empty(shape, at::kFloat)
      .uniform_(-bound, bound, generator)
      .to(inputs.backbone->device);
}

at::Tensor source_prompt(const MethodInputs& inputs, const std::string& name) {
  for (const SourcePrompt& source : inputs.sources) {
    if (source.name == name)
      return checked(*inputs.backbone, inputs.options, source.value, name).clone();
  }
  throw ModelError(name, "source prompt was not given to the method");
}

at::Tensor initial_deep_prompts(const MethodInputs& inputs) {
  if (!inputs.options.start_source.empty())
    return source_prompt(inputs, inputs.options.start_source);
  MethodInputs one = inputs;
  one.options.is_deep = false;
  one.options.deep = DeepKind::kOff;
  std::vector<at::Tensor> layers;
  for (std::int64_t i = 0; i < inputs.backbone->config.num_layers; ++i) {
    one.init_seed = stream_seed(inputs.init_seed, fmt::format("layer {}", i));
    layers.push_back(initial_prompt(one));
  }
  return at::stack(layers);
}

at::Tensor initial_prompt(const MethodInputs& inputs) {
  const MethodOptions& options = inputs.options;
  const T5& t5 = *inputs.backbone;
  if (!options.start_source.empty()) return source_prompt(inputs, options.start_source);
  const std::vector<std::int64_t> shape = {options.prompt_length, t5.config.d_model};
  switch (options.init) {
    case PromptInit::kUnitNormal:
      return normal_tensor(inputs, "prompt", shape, 1.0);
    case PromptInit::kRandom:
      return uniform_tensor(inputs, "prompt", shape, 0.5);
    case PromptInit::kText:
      return filled(inputs, embedding_rows(t5, inputs.init_ids));
    case PromptInit::kClassLabels:
      return filled(inputs, class_label_rows(inputs));
    case PromptInit::kFile:
      return checked(t5, options, inputs.init_prompt, options.init_file).clone();
    case PromptInit::kSampledVocab:
    case PromptInit::kSource:
      break;
  }
  return embedding_rows(t5,
                        sampled_ids(options.prompt_length, t5.config.vocab_size, inputs.init_seed));
}

}  // namespace attempt::model
