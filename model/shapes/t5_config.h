#pragma once

#include <cstdint>
#include <filesystem>

namespace attempt::model {

/// Dimensions of a T5 backbone, as in a Hugging Face config.json. Defaults are those that old T5
/// config files leave out.
struct T5Config {
  std::int64_t vocab_size = 0;          ///< V, rows of the embedding matrix (not of the tokenizer)
  std::int64_t d_model = 0;             ///< D
  std::int64_t d_kv = 0;                ///< dk, width of one head
  std::int64_t num_heads = 0;           ///< H
  std::int64_t d_ff = 0;                ///< F
  std::int64_t num_layers = 0;          ///< L of the encoder
  std::int64_t num_decoder_layers = 0;  ///< L of the decoder; num_layers where the file is silent
  std::int64_t relative_attention_num_buckets = 32;
  std::int64_t relative_attention_max_distance = 128;
  double layer_norm_epsilon = 1e-6;
  double dropout_rate = 0.1;
  bool is_gated = false;            ///< v1.1: gated-gelu instead of relu
  bool tie_word_embeddings = true;  ///< v1.0: logits = (x * D^-0.5) * shared^T
  std::int64_t pad_token_id = 0;
  std::int64_t eos_token_id = 1;
  std::int64_t decoder_start_token_id = 0;

  /// I = H * dk; differs from d_model in t5-3b and v1.1-small.
  std::int64_t inner_dim() const { return num_heads * d_kv; }
};

/// Reads `config.json` (the file or the folder that holds it).
/// @throws ModelError naming file, key, expected and found value.
T5Config read_t5_config(const std::filesystem::path& path);

}  // namespace attempt::model
