#!/usr/bin/env python3
"""Prompt tuning on the lengths of real examples against transformers + PEFT in fp32 padded to 256, from token ids to
the accuracy: training and evaluation, examples/s, as a table. T5-base's shape, random weights.

Usage: true_lengths.py PATH_OF_true_lengths [--lengths bench/gpu/token_lengths.txt] [--trained 16384] [--evaluated 16384]
                       [--reference 640]
"""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import torch

import step_gpu


def reference(folder, count):
    """Examples/s of training and of evaluation, `count` each; every row is padded to 256 tokens."""
    from peft import PromptTuningConfig, get_peft_model
    from transformers import T5ForConditionalGeneration
    model = T5ForConditionalGeneration.from_pretrained(folder)
    model = get_peft_model(model, PromptTuningConfig(task_type="SEQ_2_SEQ_LM", num_virtual_tokens=step_gpu.PROMPT)).cuda()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    batch = step_gpu.inputs(32)

    def train(batches):
        model.train()
        for _ in range(batches):
            loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
            optimizer.step()
            optimizer.zero_grad()
            loss.item()

    big = step_gpu.inputs(128)

    def evaluate(batches):
        model.eval()
        right = 0
        with torch.no_grad():
            for _ in range(batches):
                model(**big).loss.item()
                ids = model.generate(input_ids=big["input_ids"], attention_mask=big["attention_mask"], max_new_tokens=2)
                right += (ids[:, 1:3] == big["labels"]).all(1).sum().item()
        return right

    def timed(function, batches):
        function(2)
        torch.cuda.synchronize()
        start = time.perf_counter()
        function(batches)
        return time.perf_counter() - start

    steps, parts = count // 32, max(1, count // 128)
    return {"train": 32 * steps / timed(train, steps), "evaluate": 128 * parts / timed(evaluate, parts)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--lengths", default=pathlib.Path(__file__).parent / "token_lengths.txt")
    parser.add_argument("--trained", type=int, default=16384)
    parser.add_argument("--evaluated", type=int, default=16384)
    parser.add_argument("--reference", type=int, default=640)
    arguments = parser.parse_args()
    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}, prompt {step_gpu.PROMPT}, batch 32")
    print("| what | tokens a row | training, examples/s | evaluation, examples/s | both, one after the other | ratio |\n"
          "|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        step_gpu.base_t5(folder)
        theirs = reference(folder, arguments.reference)
        torch.cuda.empty_cache()

        def both(rates):
            return 2 / (1 / rates["train"] + 1 / rates["evaluate"])

        def show(name, tokens, rates):
            print(f"| {name} | {tokens} | {rates['train']:.0f} | {rates['evaluate']:.0f} | {both(rates):.0f} | "
                  f"{both(rates) / both(theirs):.1f} |", flush=True)

        show("transformers + PEFT, fp32, padded", 256, theirs)
        for precision in ("bf16", "fp32"):
            for order in ("random", "like"):
                done = subprocess.run([arguments.binary, folder, precision, arguments.lengths, str(arguments.trained),
                                       str(arguments.evaluated), order], capture_output=True, text=True)
                if done.returncode != 0:
                    print(done.stderr[-2000:])
                    continue
                rates = json.loads(done.stdout.splitlines()[-1])
                what = "in a random order" if order == "random" else "of like lengths"
                show(f"attempt-mpi, {precision}, batches {what}", f"{rates['mean_tokens']:.0f}", rates)


if __name__ == "__main__":
    main()
