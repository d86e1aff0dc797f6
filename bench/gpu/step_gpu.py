#!/usr/bin/env python3
"""Training steps on a GPU: attempt-mpi against transformers + PEFT, side by side, as a table.

Both sides load the same random T5-base-shaped weights and the same inputs (prompt 100, batch 32, source 256, target 2).
Losses without dropout are compared first. Memory is what the allocator held at most. TFLOP/s counts the products that the
result needs (step_flops), so that padding and computing again lower it; the share is that of the device's dense rate.

Usage: step_gpu.py PATH_OF_step_gpu [--steps 30] [--rows 32] [--no-compile] [--ours-only]
"""
import argparse
import json
import subprocess
import tempfile
import time
import pathlib

import torch

SOURCE, TARGET, PROMPT = 256, 2, 100
WIDTH, INNER, LAYERS, VOCABULARY = 768, 3072, 12, 32128
LIMITS = {  # TFLOP/s without sparsity, from NVIDIA's data sheets (SXM): bfloat16 on tensor cores, float32 elsewhere
    "H100": {"bf16": 989, "fp32": 67}, "H200": {"bf16": 989, "fp32": 67}, "A100": {"bf16": 312, "fp32": 19.5},
}


def limits_of(device):
    """Nothing for what is not a whole SXM card: PCIe and NVL cards of a chip are slower, and a MIG slice is a part of one."""
    if any(word in device for word in ("PCIe", "NVL", "MIG")):
        return {}
    return next((limits for name, limits in LIMITS.items() if name in device), {})


def base_t5(folder):
    from transformers import T5Config, T5ForConditionalGeneration
    torch.manual_seed(1)
    T5ForConditionalGeneration(T5Config(
        vocab_size=VOCABULARY, d_model=WIDTH, d_kv=64, d_ff=INNER, num_layers=LAYERS, num_heads=WIDTH // 64, dropout_rate=0.1,
        decoder_start_token_id=0)).save_pretrained(folder)
    config = pathlib.Path(folder) / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"tie_word_embeddings": True}))


def step_flops(rows, prompt=PROMPT, source=SOURCE, passes=2):
    """Floating-point operations of a step's matrix products.

    @param passes  1: forward; 2: and the gradients of activations; 3: and those of weights
    """
    encoded, layer = prompt + source, 4 * WIDTH**2 + 2 * WIDTH * INNER
    encoder = 2 * encoded * layer * LAYERS
    attended = 4 * encoded**2 * WIDTH * LAYERS  # scores and mixtures, which have no weights
    decoder = 2 * TARGET * ((layer + 4 * WIDTH**2) * LAYERS + WIDTH * VOCABULARY)
    decoder += 4 * TARGET * encoded * WIDTH * LAYERS + 4 * TARGET**2 * WIDTH * LAYERS
    return rows * (passes * (encoder + decoder) + (1 if passes == 1 else 3) * attended)


def inputs(rows):
    ids = ((torch.arange(rows * SOURCE) * 37) % 30000 + 3).view(rows, SOURCE).cuda()
    labels = ((torch.arange(rows * TARGET) * 53) % 30000 + 3).view(rows, TARGET).cuda()
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


def theirs(folder, rows, steps, dtype, dropout=0.1, compiled=False, fine_tuning=False):
    """Examples/s, first loss and GiB of transformers, with PEFT's prompt tuning or all weights trained."""
    from peft import PromptTuningConfig, get_peft_model
    from transformers import T5ForConditionalGeneration
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    model = T5ForConditionalGeneration.from_pretrained(folder, dropout_rate=dropout)
    if not fine_tuning:
        model = get_peft_model(model, PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=PROMPT))
        with torch.no_grad():
            rows_of_shared = model.get_input_embeddings().weight[3:3 + PROMPT].clone()
            model.prompt_encoder["default"].embedding.weight[:PROMPT] = rows_of_shared
    model = model.to(device="cuda", dtype=dtype)
    model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    run = torch.compile(model) if compiled else model
    batch = inputs(rows)
    first = None
    for step in range(4 + steps):
        if step == 4:
            torch.cuda.synchronize()
            start = time.perf_counter()
        loss = run(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        first = loss.item() if first is None else first
    torch.cuda.synchronize()
    seconds = (time.perf_counter() - start) / steps
    return {"loss": first, "examples_per_second": rows / seconds, "milliseconds": 1e3 * seconds,
            "gib": torch.cuda.max_memory_allocated() / 2**30}


def ours(binary, folder, method, rows, steps, precision="bf16", dropout=0.1, source=SOURCE, mode=""):
    command = [binary, folder, method, precision, *map(str, (rows, source, TARGET, dropout, steps))] + [mode] * bool(mode)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return {"error": done.stderr.strip().splitlines()[:3]}
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--ours-only", action="store_true")
    arguments = parser.parse_args()
    rows, steps = arguments.rows, arguments.steps
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, {rows} x {SOURCE} tokens, target {TARGET}, "
          f"prompt {PROMPT}, dropout 0.1", flush=True)
    print("| what | examples/s | ms a step | GiB | against bf16 of transformers | TFLOP/s | % of the limit |\n"
          "|---|---|---|---|---|---|---|", flush=True)
    base = {}
    limit = limits_of(torch.cuda.get_device_name())

    def show(name, result, against=None, flops=step_flops(rows), precision="bf16"):
        if "error" in result:
            print(f"| {name} | {result['error']} |", flush=True)
            return
        ratio = result["examples_per_second"] / base[against] if against in base else float("nan")
        rate = flops / result["milliseconds"] / 1e9
        share = f"{100 * rate / limit[precision]:.0f}" if precision in limit else ""
        print(f"| {name} | {result['examples_per_second']:.0f} | {result['milliseconds']:.2f} | {result['gib']:.2f} | "
              f"{ratio:.2f} | {rate:.0f} | {share} |", flush=True)

    tuned_flops = step_flops(rows, prompt=0, passes=3)
    with tempfile.TemporaryDirectory() as folder:
        base_t5(folder)
        if not arguments.ours_only:
            half = theirs(folder, rows, steps, torch.bfloat16)
            base["prompt"] = half["examples_per_second"]
            show("transformers + PEFT fp32", theirs(folder, rows, max(5, steps // 4), torch.float32), "prompt",
                 precision="fp32")
            show("transformers + PEFT bf16", half, "prompt")
            if not arguments.no_compile:
                show("transformers + PEFT bf16, compiled",
                     theirs(folder, rows, steps, torch.bfloat16, compiled=True), "prompt")
            tuned = theirs(folder, rows, steps, torch.bfloat16, fine_tuning=True)
            base["tuned"] = tuned["examples_per_second"]
            show("transformers bf16, fine-tuning", tuned, "tuned", tuned_flops)
            still = theirs(folder, rows, 1, torch.float32, dropout=0.0)["loss"]
            for precision in ("fp32", "bf16"):
                found = ours(arguments.binary, folder, "prompt_tuning", rows, 1, precision, dropout=0.0)
                print(f"loss without dropout: transformers fp32 {still:.6f}, attempt-mpi {precision} {found.get('loss')}")
        torch.cuda.empty_cache()
        for method in ("prompt_tuning", "attempt", "lora", "adapter", "bitfit", "fine_tuning"):
            prompts = method in ("prompt_tuning", "attempt")
            show(f"attempt-mpi bf16, {method}", ours(arguments.binary, folder, method, rows, steps),
                 "tuned" if method == "fine_tuning" else "prompt",
                 tuned_flops if method == "fine_tuning" else step_flops(rows, prompt=PROMPT if prompts else 0))
        show("attempt-mpi bf16, prompt_tuning, no graphs",
             ours(arguments.binary, folder, "prompt_tuning", rows, steps, mode="launched"), "prompt")
        show("attempt-mpi bf16, prompt_tuning, no dropout",
             ours(arguments.binary, folder, "prompt_tuning", rows, steps, dropout=0.0), "prompt")
        show("attempt-mpi fp32, prompt_tuning",
             ours(arguments.binary, folder, "prompt_tuning", rows, max(5, steps // 4), precision="fp32"), "prompt",
             precision="fp32")
        show("attempt-mpi bf16, prompt_tuning, 256 rows",
             ours(arguments.binary, folder, "prompt_tuning", 256, 10), "prompt", step_flops(256))
        for length in (32, 64, 128):
            show(f"attempt-mpi bf16, evaluation, 512 rows of {length}",
                 ours(arguments.binary, folder, "prompt_tuning", 512, 10, source=length, mode="evaluate"),
                 flops=step_flops(512, source=length, passes=1))


if __name__ == "__main__":
    main()
