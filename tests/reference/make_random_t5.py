#!/usr/bin/env python3
"""Writes a T5 of the published shape of t5-small with random weights, as a Hugging Face folder.

The weights have the scale that transformers initialises T5 with. config.json carries
"attempt_random_weights": true, so that no score of such a backbone is taken for a real one.

    make_random_t5.py OUT --spiece spiece.model [--seed 1]
"""

import argparse
import json
import shutil
from pathlib import Path


def make_random_t5(out: Path, spiece: Path, seed: int) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(seed)
    config = T5Config(vocab_size=32128, d_model=512, d_kv=64, d_ff=2048, num_layers=6,
                      num_heads=8, feed_forward_proj="relu", tie_word_embeddings=True,
                      decoder_start_token_id=0, dropout_rate=0.1)
    model = T5ForConditionalGeneration(config)
    shared_copies = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")
    weights = {name: value.detach().contiguous().clone()
               for name, value in model.state_dict().items() if name not in shared_copies}
    out.mkdir(parents=True, exist_ok=True)
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    fields = {
        "architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "vocab_size": 32128,
        "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_decoder_layers": 6,
        "num_heads": 8, "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128, "dropout_rate": 0.1, "layer_norm_epsilon": 1e-6,
        "feed_forward_proj": "relu", "tie_word_embeddings": True, "is_encoder_decoder": True,
        "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0,
        "attempt_random_weights": True}
    (out / "config.json").write_text(json.dumps(fields, indent=2) + "\n")
    shutil.copyfile(spiece, out / "spiece.model")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--spiece", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    make_random_t5(arguments.out, arguments.spiece, arguments.seed)


if __name__ == "__main__":
    main()
