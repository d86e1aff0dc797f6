#!/usr/bin/env python3
"""Memory of training steps: T5-base, batch 32 x 256; T5-3B's shape with random weights, prompt tuning, batch 8 x 256.

Usage: memory.py PATH_OF_step_gpu [--scratch FOLDER]     the larger model takes 6 GB on disk
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import torch

import step_gpu

T5_3B = {"architectures": ["T5ForConditionalGeneration"], "model_type": "t5", "vocab_size": 32128, "d_model": 1024, "d_kv": 128,
         "d_ff": 16384, "num_layers": 24, "num_decoder_layers": 24, "num_heads": 32, "relative_attention_num_buckets": 32,
         "relative_attention_max_distance": 128, "dropout_rate": 0.1, "layer_norm_epsilon": 1e-6, "feed_forward_proj": "relu",
         "tie_word_embeddings": True, "decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 1}


def random_weights(folder, config):
    """A T5 of version 1.0 of this shape in bfloat16, made on the GPU."""
    from safetensors.torch import save_file
    torch.manual_seed(1)
    width, inner, hidden = config["d_model"], config["d_kv"] * config["num_heads"], config["d_ff"]
    tensors = {}

    def matrix(name, rows, columns):
        made = torch.randn(rows, columns, device="cuda", dtype=torch.bfloat16)
        tensors[name + ".weight"] = (made * columns**-0.5).cpu()

    def norm(name):
        tensors[name + ".weight"] = torch.ones(width, dtype=torch.bfloat16)

    def attention(name):
        for part in "qkv":
            matrix(f"{name}.{part}", inner, width)
        matrix(f"{name}.o", width, inner)

    tensors["shared.weight"] = torch.randn(config["vocab_size"], width).to(torch.bfloat16)
    for side, count in (("encoder", config["num_layers"]), ("decoder", config["num_decoder_layers"])):
        for i in range(count):
            layer = f"{side}.block.{i}.layer."
            attention(layer + "0.SelfAttention")
            norm(layer + "0.layer_norm")
            if side == "decoder":
                attention(layer + "1.EncDecAttention")
                norm(layer + "1.layer_norm")
            last = "2" if side == "decoder" else "1"
            matrix(f"{layer}{last}.DenseReluDense.wi", hidden, width)
            matrix(f"{layer}{last}.DenseReluDense.wo", width, hidden)
            norm(f"{layer}{last}.layer_norm")
        matrix(f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias", 32, config["num_heads"])
        norm(f"{side}.final_layer_norm")
    save_file(tensors, str(pathlib.Path(folder) / "model.safetensors"))
    (pathlib.Path(folder) / "config.json").write_text(json.dumps(config))
    return sum(t.numel() for t in tensors.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--scratch")
    arguments = parser.parse_args()
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, bf16, 256 source and 2 target tokens, prompt 100")
    print("| model | method | rows | peak GiB | examples/s |\n|---|---|---|---|---|")

    def show(model, folder, method, rows, steps):
        found = step_gpu.ours(arguments.binary, folder, method, rows, steps)
        print(f"| {model} | {method} | {rows} | {found.get('gib', found.get('error'))} | "
              f"{found.get('examples_per_second', '')} |", flush=True)

    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        step_gpu.base_t5(folder)
        for method in ("prompt_tuning", "attempt", "lora", "adapter", "bitfit", "fine_tuning"):
            show("T5-base", folder, method, 32, 5)
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        millions = random_weights(folder, T5_3B) / 1e6
        torch.cuda.empty_cache()
        show(f"T5-3B ({millions:.0f} million)", folder, "prompt_tuning", 8, 5)
        show(f"T5-3B ({millions:.0f} million)", folder, "attempt", 8, 5)


if __name__ == "__main__":
    main()
