#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/additions.h"
#include "model/batch.h"
#include "model/dropout.h"
#include "model/position_bias.h"
#include "model/rms_norm.h"
#include "model/shapes/t5_config.h"
#include "model/weights.h"

namespace attempt::model {

enum class Precision { kFp32, kBf16 };

/// Projections of one attention, [out, in]. `packed` is q, k, v in one matrix (self-attention) or
/// k, v (cross-attention) for one product instead of three; undefined while the weights are
/// trained. What a method adds stands beside them.
struct AttentionWeights {
  at::Tensor q, k, v, o;
  at::Tensor packed;
  LinearAddition added_q, added_k, added_v, added_o;
  at::Tensor prefix_key, prefix_value;  ///< [H, Q, dk] in front of every row's keys and values
};

/// v1.0 has `wi`; v1.1 has `wi_0` (through GELU) and `wi_1`.
struct FeedForwardWeights {
  at::Tensor wi, wi_0, wi_1, wo;
  LinearAddition added_wi, added_wi_0, added_wi_1, added_wo;
};

struct EncoderLayerWeights {
  NormWeights attention_norm;
  AttentionWeights attention;
  NormWeights feed_forward_norm;
  FeedForwardWeights feed_forward;
  Adapter attention_adapter, feed_forward_adapter;
};

struct DecoderLayerWeights {
  NormWeights self_norm;
  AttentionWeights self_attention;
  NormWeights cross_norm;
  AttentionWeights cross_attention;
  NormWeights feed_forward_norm;
  FeedForwardWeights feed_forward;
  Adapter self_adapter, feed_forward_adapter;
};

/// Where a prefix stands for the relative bias of self-attention: in front of the sequence, or
/// nowhere (its keys get no bias).
enum class PrefixBias { kRelative, kZero };

/// A T5 as plain data; the functions of encoder.h, decoder.h, loss.h and generate.h compute with
/// it. Source: Raffel et al. 2020 (arXiv:1910.10683); details: methods.md section 1.
struct T5 {
  T5Config config;
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;  ///< of weights and activations

  TensorMap tensors;  ///< every weight by Hugging Face name

  at::Tensor shared;                      ///< [V, D] input embeddings
  at::Tensor lm_head;                     ///< [V, D]; `shared` when tied
  at::Tensor encoder_bias, decoder_bias;  ///< [buckets, H] relative position tables
  std::vector<EncoderLayerWeights> encoder;
  std::vector<DecoderLayerWeights> decoder;
  NormWeights encoder_norm, decoder_norm;
  at::Tensor lm_head_bias;  ///< [V], or undefined; added after the scaling of tied heads
  PrefixBias prefix_bias = PrefixBias::kRelative;
  std::shared_ptr<DistanceBuckets> buckets = std::make_shared<DistanceBuckets>();
};

enum class Packing { kPacked, kSeparate };

/// Builds a T5 on given tensors (all of backbone_shapes(), one type and device). Shares them.
T5 make_t5(const T5Config& config, TensorMap tensors, Packing packing);

struct BackboneOptions {
  std::filesystem::path folder;  ///< config.json and model.safetensors (or shards with index)
  Precision precision = Precision::kFp32;
  std::string device = "cpu";  ///< "cpu" or "cuda:0"
};

/// Loads a frozen backbone. @throws ModelError naming file, tensor, expected and found.
std::unique_ptr<T5> load_t5(const BackboneOptions& options);

/// Input embeddings of ids. @param ids [B, S] int64. @return [B, S, D], undropped.
at::Tensor embed(const T5& t5, const at::Tensor& ids);

}  // namespace attempt::model
